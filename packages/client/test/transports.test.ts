import { StreamingError } from '@sluice/core'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createClient } from '../src/index.ts'
import { until } from './scripted-transport.ts'
import { BothServer, type Script, transports, transportTo } from './servers.ts'

const words = 'né 漢 👩‍👩‍👧 '.repeat(200).split(/(?<= )/)

const says: Script = async function* () {
  yield* words
  yield { type: 'finish', finishReason: 'stop' }
}

const pending: Script = async function* (_input, signal) {
  yield 'so far'
  await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
}

let server: BothServer
const listen = async (...options: Parameters<typeof BothServer.listen>) => {
  server = await BothServer.listen(...options)
  return server
}
afterEach(async () => {
  await server.close()
  expect(server.hub.load).toEqual({ streams: 0, viewers: 0 })
  expect(server.app.sluiceConnections.size).toBe(0)
})

describe.each(transports)('over %s', (name) => {
  test('start: every word, once, and the end', async () => {
    const { runs } = await listen(says)
    const session = server.client(name).start('chat', 'hello')
    const ids: number[] = []
    for await (const event of session) ids.push((event as { chunk_id: number }).chunk_id)
    expect(await session.done).toMatchObject({
      state: 'completed',
      text: words.join(''),
      finishReason: 'stop',
    })
    expect(ids).toEqual(Array.from({ length: words.length + 2 }, (_, index) => index + 1))
    expect(runs).toEqual(['hello'])
  })

  test('start with a key that is known finds the same stream', async () => {
    const { runs } = await listen(pending)
    const idempotencyKey = 'k'.repeat(22)
    const first = server.client(name).start('chat', 'once', { idempotencyKey })
    const second = server.client(name).start('chat', 'once', { idempotencyKey })
    await Promise.all([first, second].map((session) => until(session, ({ text }) => text === 'so far')))
    expect(second.streamId).toBe(first.streamId)
    expect(runs).toEqual(['once'])
    first.detach()
    second.detach()
  })

  test('resume: cut off again and again, it is the same text of one generation', async () => {
    let next = () => {}
    const { runs } = await listen(async function* () {
      for (const word of words) {
        await new Promise<void>((resolve) => {
          next = resolve
        })
        yield word
      }
    })
    const session = server.client(name).start('chat', '')
    for await (const event of session as AsyncIterable<{ chunk_id: number }>) {
      if (event.chunk_id % 100 === 0) server.cut()
      next()
    }
    expect(await session.done).toMatchObject({ state: 'completed', text: words.join('') })
    expect(session.snapshot.reconnects).toBeGreaterThanOrEqual(5)
    expect(runs).toHaveLength(1)
  })

  test('resume after a reload: from the beginning, from what was kept, and from the end', async () => {
    const { runs } = await listen(says)
    const first = server.client(name).start('chat', '')
    await until(first, ({ lastChunkId }) => lastChunkId > 1)
    first.detach()
    const attach = (...kept: [] | [typeof first.snapshot]) =>
      server.client(name).attach('chat', first.streamId!, ...kept).done
    const whole = await attach()
    expect(whole.text).toBe(words.join(''))
    expect((await attach(first.snapshot)).text).toBe(words.join(''))
    expect(await attach(whole)).toMatchObject({ state: 'completed', text: words.join('') })
    expect(runs).toHaveLength(1)
  })

  test('a cursor beyond the end is read anew from the start', async () => {
    await listen(says)
    const { streamId } = await server.client(name).start('chat', '').done
    const kept = { lastChunkId: 9_999, text: 'not from here' }
    expect(await server.client(name).attach('chat', streamId!, kept).done).toMatchObject({
      state: 'completed',
      text: words.join(''),
      revision: 1,
    })
  })

  test('cancel stops the generation, and every viewer sees it', async () => {
    await listen(pending)
    const session = server.client(name).start('chat', '')
    await until(session, ({ text }) => text === 'so far')
    const other = server.client(name).attach('chat', session.streamId!)
    await until(other, ({ text }) => text === 'so far')
    await session.cancel()
    expect((await session.done).state).toBe('cancelled')
    expect(await other.done).toMatchObject({ state: 'cancelled', cancelReason: 'cancelled' })
    await vi.waitFor(() => expect(server.hub.load.streams).toBe(0))
  })

  test('cancel before the id is known goes by the key', async () => {
    await listen(pending)
    const session = server.client(name).start('chat', '')
    await until(session, ({ state }) => state === 'connecting')
    await session.cancel()
    expect((await session.done).state).toBe('cancelled')
    await vi.waitFor(() => expect(server.hub.load.streams).toBe(0))
  })

  test('two viewers of one client follow the same stream, each from its own place', async () => {
    await listen(says)
    const client = server.client(name)
    const first = client.start('chat', '')
    await until(first, ({ streamId }) => streamId !== null)
    const second = client.attach('chat', first.streamId!)
    const [one, two] = await Promise.all([first.done, second.done])
    expect([one.text, two.text]).toEqual([words.join(''), words.join('')])
  })

  test('a slow viewer holds nobody up, and loses nothing', async () => {
    await listen(async function* () {
      for (let index = 0; index < 3_000; index++) yield `${index} `
    })
    const client = server.client(name, { queueLimit: 8 })
    const slow = client.start('chat', '')
    const events = slow[Symbol.asyncIterator]()
    await events.next()
    const quick = await client.attach(
      'chat',
      (await until(slow, ({ streamId }) => streamId !== null)).streamId!,
    ).done
    expect(quick.state).toBe('completed')
    let seen = 1
    for await (const _ of { [Symbol.asyncIterator]: () => events }) seen += 1
    expect(seen).toBe(3_002)
    expect((await slow.done).text).toBe(quick.text)
  })

  test('owner: what is somebody else’s looks as if it were not there', async () => {
    await listen(pending, {
      owner: ({ headers }) =>
        headers['x-user']?.toString() ?? headers['sec-websocket-protocol']?.split(',').at(-1)?.trim(),
    })
    const of = (user: string) =>
      createClient({ transport: transportTo(name, server.port, user), retry: { baseMs: 1, capMs: 10 } })
    const ann = of('ann').start('chat', '')
    await until(ann, ({ text }) => text === 'so far')
    const bob = of('bob').attach('chat', ann.streamId!)
    expect((await bob.done).error).toMatchObject({ type: 'not_found', status: 404 })
    ann.detach()
  })

  test('errors before the stream exists have their type, and say what is wrong', async () => {
    await listen(says)
    const wrong = await server.client(name).start('chat', { not: 'text' }).done
    expect(wrong.error).toMatchObject({ type: 'invalid_request', status: 400, recoverable: false })
    expect(wrong.error?.issues).toHaveLength(1)
    expect((await server.client(name).start('poem', '').done).error).toMatchObject({ type: 'not_found' })
    expect((await server.client(name).attach('chat', 'x'.repeat(22)).done).error?.type).toBe('not_found')
  })

  test('errors in the middle end the stream with their type', async () => {
    await listen(async function* () {
      yield 'before'
      throw new StreamingError('content_filter', 'Not this.')
    })
    expect(await server.client(name).start('chat', '').done).toMatchObject({
      state: 'error',
      text: 'before',
      error: { type: 'content_filter', message: 'Not this.' },
    })
  })

  test('what a retry of the provider made void is not in the text', async () => {
    let attempts = 0
    await listen(async function* () {
      attempts += 1
      yield attempts === 1 ? 'void' : 'valid'
      if (attempts === 1) throw new StreamingError('api_error')
    })
    expect(await server.client(name).start('chat', '').done).toMatchObject({ text: 'valid', revision: 1 })
  })

  test('shutdown ends what runs with an error that says so', async () => {
    await listen(pending)
    const session = server.client(name).start('chat', '')
    await until(session, ({ text }) => text === 'so far')
    await server.close()
    expect(await session.done).toMatchObject({
      state: 'error',
      text: 'so far',
      error: { type: 'shutting_down' },
    })
  })
})

test('a stream begun over SSE goes on over WebSocket, and back', async () => {
  let next = () => {}
  await listen(async function* () {
    for (let index = 0; index < 30; index++) {
      yield `${index} `
      await new Promise<void>((resolve) => {
        next = resolve
      })
    }
  })
  let kept: { lastChunkId: number; text: string } | undefined
  let id = ''
  for (const name of ['sse', 'ws', 'sse', 'ws'] as const) {
    const client = server.client(name)
    const session = kept === undefined ? client.start('chat', '') : client.attach('chat', id, kept)
    const from = kept?.lastChunkId ?? 0
    for await (const _ of session) {
      next()
      if (name !== 'ws' || from < 10) if (session.snapshot.lastChunkId >= from + 6) break
    }
    kept = session.snapshot
    id = session.streamId!
    session.detach()
  }
  const expected = Array.from({ length: 30 }, (_, index) => `${index} `).join('')
  for (const name of transports) {
    const rest = server.client(name).attach('chat', id, kept!)
    const keepOn = setInterval(() => next(), 1)
    expect((await rest.done).text).toBe(expected)
    clearInterval(keepOn)
  }
  expect(server.runs).toHaveLength(1)
})
