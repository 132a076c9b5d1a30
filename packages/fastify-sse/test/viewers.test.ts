import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { manualClock } from '@sluice/core/testing'
import { endless, gate, settled, smallLog, textOf, WORDS } from '@sluice/plugin-tests'
import { parseEvents, readEvents, readUntil } from './support/events.ts'
import { overEach } from './support/over-each.ts'

/** What gathered in the log while a connection was full leaves in frames of at most this. */
const FRAME = 65_536 + 4_096

overEach(
  'a client that vanishes under backpressure is let go at once, and its stream goes on',
  async (t, { serve }) => {
    const { run, count } = endless()
    const { open, hub, app } = await serve(t, { run, log: smallLog })
    const closed = gate()
    app.server.on('request', (_request, response) => response.on('close', closed.open))
    const { reset } = await open()
    const before = await settled(count)
    reset()
    await closed.opened
    t.same(hub.load, { streams: 1, viewers: 0 })
    t.ok(before > 0)
  },
)

overEach(
  'a client that is gone before its answer begins has no viewer, and no seat',
  async (t, { serve, fetch }) => {
    const asked = gate()
    const left = gate()
    const begun = gate()
    let isFirst = true
    const { run } = endless()
    const { url, post, hub, app } = await serve(t, {
      run: (context) => {
        begun.open()
        return run(context)
      },
      maxViewers: 1,
      owner: async () => {
        asked.open()
        if (isFirst) await left.opened
        isFirst = false
        return 'ada'
      },
    })
    app.server.on('request', (_request, response) => response.on('close', left.open))
    const leaving = new AbortController()
    const headers = { 'content-type': 'application/json' }
    const body = '{"prompt":"hello"}'
    fetch(`${url}/streams/chat`, { method: 'POST', headers, body, signal: leaving.signal }).catch(() => {})
    await asked.opened
    leaving.abort()
    await left.opened
    await begun.opened
    await nextTurn()
    t.same(hub.load, { streams: 1, viewers: 0 })
    await readUntil(await post(), /content_chunk/)
  },
)

overEach(
  'a client that does not read costs the log’s bound, and gets every word when it does',
  async (t, { serve }) => {
    const total = 20_000
    let count = 0
    const { open, hub } = await serve(t, {
      log: smallLog,
      run: async function* () {
        for (; count < total; count++) yield `${count} ${WORDS}`
      },
    })
    const { body } = await open()
    const paused = await settled(() => count)
    // The sockets of both ends hold some megabytes; of the 20 MB the rest has not been made.
    t.ok(paused < total / 2, `${paused} of ${total} chunks were made`)
    t.same(hub.load, { streams: 1, viewers: 1 })

    const pieces: Buffer[] = []
    for await (const piece of body) pieces.push(piece)
    const words = textOf(parseEvents(Buffer.concat(pieces).toString()).events)
    t.ok(
      words === Array.from({ length: total }, (_, index) => `${index} ${WORDS}`).join(''),
      'not a word is missing',
    )
  },
)

overEach('no more than `highWaterMark` and one frame wait for a client', async (t, { serve }) => {
  const highWaterMark = 10_000
  let count = 0
  const { open, app } = await serve(t, {
    highWaterMark,
    log: { maxStreamBytes: 1_048_576 },
    run: async function* ({ signal }) {
      for (; !signal.aborted; count++) {
        yield 'x'.repeat(1_000)
        // One frame each.
        await nextTurn()
      }
    },
  })
  let response: Writable | undefined
  app.server.on('request', (_request, answer: Writable) => {
    response = answer
  })
  await open()
  let most = 0
  await settled(() => {
    most = Math.max(most, response!.writableLength)
    return count
  })
  t.ok(most >= highWaterMark, `${most} bytes waited`)
  t.ok(most < highWaterMark + FRAME, `${most} bytes waited`)
})

overEach(
  'who never reads the end of an answer holds its connection for the stall timeout',
  async (t, { serve }) => {
    const clock = manualClock()
    const { open, app, hub } = await serve(t, {
      clock,
      stallMs: 10_000,
      highWaterMark: 67_108_864,
      log: { maxStreamBytes: 67_108_864 },
      // More than the sockets of both ends hold.
      run: async function* () {
        for (let count = 0; count < 12_000; count++) yield WORDS
      },
    })
    const closed = gate()
    app.server.on('request', (_request, response) => response.on('close', closed.open))
    const { body } = await open()
    while (hub.load.viewers > 0) await nextTurn()
    t.same(hub.load, { streams: 0, viewers: 0 })
    t.notOk(body.closed)
    clock.advance(10_000)
    await closed.opened
  },
)

overEach(
  'a viewer that takes nothing for the whole of its stall timeout is dropped; others see no pause',
  async (t, { serve }) => {
    const clock = manualClock()
    const lines: string[] = []
    const { open, post, hub } = await serve(t, {
      clock,
      stallMs: 10_000,
      fastify: { logger: { level: 'info', stream: { write: (line: string) => lines.push(line) } } },
      // Holds all that is said here, so that nobody is let go for being behind.
      log: { maxStreamBytes: 268_435_456 },
      run: async function* ({ signal }) {
        for (; !signal.aborted; await nextTurn()) yield WORDS.repeat(40)
      },
    })
    const stalled = await open()
    const reader = (await post()).body!.getReader()
    let isDone = false
    while (hub.load.viewers > 1 && !isDone) {
      ;({ done: isDone } = await reader.read())
      clock.advance(100)
    }
    t.notOk(isDone, 'the other one still reads')
    t.match(
      lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'viewer left'),
      [{ reason: 'stalled' }],
    )
    // Cut off: an error over HTTP/1.1, and over HTTP/2 an end without a terminal event.
    await finished(stalled.body.resume()).catch(() => {})
    await reader.cancel()
  },
)

overEach('a silent stream is kept alive by comments', async (t, { serve }) => {
  const clock = manualClock()
  const silence = gate()
  const { post } = await serve(t, {
    clock,
    heartbeatMs: 5_000,
    run: async function* () {
      await silence.opened
      yield 'said'
    },
  })
  const response = await post()
  clock.advance(15_000)
  const text = await readUntil(response, /(:\n){3}/)
  t.match(parseEvents(text).events, [{ type: 'stream_start' }], 'which no parser takes for an event')
  silence.open()
})

overEach('a comment comes when nothing else has for as long, not before', async (t, { serve }) => {
  const clock = manualClock()
  const words = [gate(), gate()]
  const { post } = await serve(t, {
    clock,
    heartbeatMs: 1_000,
    run: async function* () {
      for (const [index, { opened }] of words.entries()) {
        yield `word ${index} `
        await opened
      }
    },
  })
  const reader = (await post()).body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const until = async (end: RegExp) => {
    while (!end.test(text)) text += (await reader.read()).value
  }
  await until(/word 0/)
  clock.advance(900)
  words[0]!.open()
  await until(/word 1/)
  clock.advance(900)
  clock.advance(100)
  await until(/\n:\n$/)
  t.match(text, /word 1 "[^\n]*\n\n:\n$/)
  t.equal(text.match(/^:$/gm)?.length, 1)
  words[1]!.open()
  await reader.cancel()
})

overEach('heartbeats stop while data waits, and go on after', async (t, { serve }) => {
  const clock = manualClock()
  const total = 10_000
  const silence = gate()
  let count = 0
  const { open } = await serve(t, {
    clock,
    log: smallLog,
    heartbeatMs: 1_000,
    run: async function* () {
      for (; count < total; count++) yield `${count} ${WORDS}`
      await silence.opened
    },
  })
  const { body, reset } = await open()
  const waiting = await settled(() => count)
  t.ok(waiting < total)
  clock.advance(5_000)

  let text = ''
  for await (const piece of body) {
    text += piece
    if (text.endsWith('\n\n:\n')) break
    if (text.slice(-2 * WORDS.length).includes(`"${total - 1} `)) clock.advance(1_000)
  }
  reset()
  const beforeAll = text.slice(0, text.indexOf(`"${waiting - 1} `))
  t.ok(beforeAll.length > 100_000, 'what waited')
  t.notMatch(beforeAll, /\n\n:\n/)
  t.match(text, /\n\n:\n$/, 'what came when nothing did')
  silence.open()
})

overEach(
  'an error in the middle is one terminal event, masked on the wire and in the log',
  async (t, { serve }) => {
    const lines: string[] = []
    const { post } = await serve(t, {
      fastify: { logger: { level: 'error', stream: { write: (line: string) => lines.push(line) } } },
      run: async function* () {
        yield 'before'
        throw new Error('password=hunter2')
      },
    })
    const response = await post()
    const text = await response.text()
    const { events } = parseEvents(text)
    t.same(
      events.map(({ type }) => type),
      ['stream_start', 'content_chunk', 'stream_error'],
    )
    t.match(events.at(-1), { error_type: 'unexpected_error', recoverable: false })
    t.notMatch(text, /hunter2/)
    t.match(lines.join(''), /\[credential\]/)
    t.notMatch(lines.join(''), /hunter2/)
  },
)

overEach('closing the server lets a run end by itself within the deadline', async (t, { serve }) => {
  const end = gate()
  const { post, app } = await serve(t, {
    closeDeadlineMs: 9_000,
    run: async function* () {
      yield 'begun, '
      await end.opened
      yield 'done'
    },
  })
  const response = await post()
  const closed = app.close()
  const events = readEvents(response)
  end.open()
  t.match((await events).at(-1), { type: 'stream_complete' })
  t.equal(textOf(await events), 'begun, done')
  await closed
})

overEach('closing the server ends what still runs at the deadline, and says so', async (t, { serve }) => {
  const { post, app, hub } = await serve(t, {
    closeDeadlineMs: 50,
    run: async function* ({ signal }) {
      yield 'begun'
      await once(signal, 'abort')
    },
  })
  const response = await post()
  const closed = app.close()
  t.match((await readEvents(response)).at(-1), {
    type: 'stream_error',
    error_type: 'shutting_down',
    recoverable: true,
  })
  await closed
  t.same(hub.load, { streams: 0, viewers: 0 })
})
