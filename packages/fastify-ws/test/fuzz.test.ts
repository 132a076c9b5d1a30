import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { test } from 'tap'
import { Peer, type Received } from './support/peer.ts'
import { numbers, pending, serve } from './support/server.ts'

/** An id that a message may name: mostly one that there is. */
const names = ['r1', 'r2', 'first', '', 'x'.repeat(22), 'x'.repeat(200)]
const name = fc.oneof(
  { weight: 4, arbitrary: fc.constant('$id') },
  { weight: 2, arbitrary: fc.constantFrom(...names) },
  fc.string(),
)
const number = fc.oneof(
  fc.integer({ min: -2, max: 80 }),
  fc.double(),
  fc.constantFrom(2 ** 53, 2 ** 53 - 1, -0),
)
const anything = fc.jsonValue({ maxDepth: 2 })
const maybe = (arbitrary: fc.Arbitrary<unknown>) => fc.oneof({ weight: 5, arbitrary }, anything)

const fields: fc.Arbitrary<Record<string, unknown>> = fc.record(
  {
    request_id: fc.oneof({ weight: 9, arbitrary: fc.constant('$new') }, maybe(name)),
    stream_id: maybe(name),
    start_request_id: fc.oneof({ weight: 9, arbitrary: fc.constant('$new') }, maybe(name)),
    stream: maybe(fc.constant('chat')),
    input: maybe(fc.record({ prompt: fc.constantFrom('long', 'short', 'pending') })),
    idempotency_key: maybe(fc.constantFrom('k'.repeat(22), 'short')),
    window: maybe(number),
    last_chunk_id: maybe(number),
    chunk_id: maybe(number),
    limit: maybe(number),
    queue_length: maybe(number),
    payload: anything,
  },
  { requiredKeys: [] },
)

const type = fc.constantFrom(
  ...[
    'stream_request',
    'resume_stream',
    'cancel_stream',
    'detach_stream',
    'chunk_ack',
    'chunk_ack',
    'ping',
    'pong',
  ],
)

/** Messages that a client might have meant, and now and then something else. */
const message = fc.oneof(
  {
    weight: 250,
    arbitrary: fc.tuple(type, fields).map(([kind, rest]) => JSON.stringify({ ...rest, type: kind })),
  },
  { weight: 1, arbitrary: anything.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.string() },
  { weight: 1, arbitrary: fc.constant('{"type":"connection_init","request_id":"i"}') },
)

test('any messages in any order: an answer for each request, no chunk out of order, and nothing is left', async (t) => {
  const { hub, app, url, connect } = await serve(t, {
    run: (context) => {
      const { prompt } = context.input
      if (prompt === 'pending') return pending(context)
      return numbers(prompt === 'long' ? 300 : 3)(context)
    },
    maxWindow: 32,
    maxStreamsPerConnection: 4,
    log: { keepEndedMs: 50 },
  })
  const neighbour = await connect()
  let breaches = 0
  let answers = 0
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 40 }), fc.boolean(), async (messages, terminates) => {
      const peer = await Peer.open(t, url)
      await peer.take('connection_established')
      const mine = await peer.start({ input: { prompt: 'long' }, window: 4 })
      const asked: string[] = []
      for (const text of messages) {
        if (peer.socket.readyState !== 1) break
        const id = `q${asked.length}`
        const sent = text.replaceAll('$id', mine).replaceAll('$new', id)
        if (/"type":"(\w+_stream|stream_request)"/.test(sent) && sent.includes(`"request_id":"${id}"`))
          asked.push(id)
        peer.send(sent)
        await nextTurn()
      }
      // Not by pings: those of the schedule have pongs on their way.
      const settled = peer.ask(last('a')).then(() => peer.ask(last('b')))
      const isOpen = await Promise.race([
        settled.then(
          () => true,
          () => false,
        ),
        peer.closed.then(() => false),
      ])
      const answered = new Set(peer.messages.map(({ request_id }) => request_id))
      if (isOpen) for (const id of asked) if (!answered.has(id)) throw new Error(`${id} has no answer`)
      if (!isOpen) breaches += 1
      answers += answered.size
      checkOrder(peer.messages)
      if (terminates) peer.socket.terminate()
      else peer.socket.close()
      await peer.closed
      for (const { streamId } of app.sluiceConnections.list().flatMap(({ streams }) => streams)) {
        await hub.cancel({ streamId }).catch(() => {})
      }
    }),
    { numRuns: Number(process.env.SLUICE_RUNS ?? 150), seed: 7 },
  )
  t.ok(breaches > 5, `${breaches} were closed`)
  t.ok(answers > 500, `${answers} answers`)
  while (app.sluiceConnections.size > 1 || hub.load.viewers > 0) await nextTurn()
  t.ok(await neighbour.start({ input: { prompt: 'short' } }), 'a neighbour is none the wiser')
})

/** A request that is answered whatever came before it. */
function last(way: string): Record<string, unknown> {
  return { type: 'detach_stream', request_id: `last-${way}`, stream_id: 'x' }
}

/** From one attachment to the next, a stream's chunks follow each other. */
function checkOrder(messages: readonly Received[]): void {
  const last = new Map<string, number>()
  for (const { type, stream_id, chunks, chunk_id } of messages) {
    if (type === 'stream_attached') last.delete(stream_id as string)
    const ids = ((chunks ?? (chunk_id === undefined ? [] : [{ chunk_id }])) as { chunk_id: number }[]).map(
      (event) => event.chunk_id,
    )
    for (const id of ids) {
      const before = last.get(stream_id as string)
      if (before !== undefined && id !== before + 1) throw new Error(`chunk ${id} came after ${before}`)
      last.set(stream_id as string, id)
    }
  }
}
