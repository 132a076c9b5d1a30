import type { StreamEvent } from '@sluice/core'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createClient, type Delta, sse } from '../src/index.ts'
import { complete, content, retry } from './events.ts'
import { type Fault, ReferenceServer } from './reference-server.ts'
import { until } from './until.ts'

let server: ReferenceServer

beforeEach(async () => {
  server = await ReferenceServer.listen()
})
afterEach(async () => {
  await expect.poll(() => server.viewers).toBe(0)
  await server.close()
})

const client = (options = {}) =>
  createClient({ transport: sse({ url: server.url }), retry: { baseMs: 1, capMs: 4 }, ...options })

const text = fc.string({
  unit: fc.constantFrom('a', 'é', '漢', '👩‍👩‍👧', '\n', '\r', '\u2028', '\u0000', '"', 'مرحبا'),
})

/** Texts, some of which a later retry makes void. */
const produced = fc
  .array(fc.oneof({ weight: 6, arbitrary: text }, { weight: 1, arbitrary: fc.nat({ max: 6 }) }), {
    maxLength: 40,
  })
  .map((steps) => {
    const events: StreamEvent[] = []
    let valid: { readonly chunk_id: number; readonly content: string }[] = []
    for (const [index, step] of steps.entries()) {
      const chunk_id = index + 2
      if (typeof step === 'string') {
        events.push(content(chunk_id, step))
        valid.push({ chunk_id, content: step })
      } else {
        const keep_until = Math.max(1, chunk_id - 1 - step)
        events.push(retry(chunk_id, keep_until))
        valid = valid.filter((piece) => piece.chunk_id <= keep_until)
      }
    }
    events.push(complete(steps.length + 2))
    return { events, text: valid.map((piece) => piece.content).join('') }
  })

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({ answer: fc.constantFrom('lost', 'page', 'busy', 'attach', 'portal') }),
  {
    weight: 3,
    arbitrary: fc.record(
      {
        cutAt: fc.nat({ max: 3_000 }),
        clean: fc.boolean(),
        back: fc.nat({ max: 5 }),
        skip: fc.nat({ max: 8 }),
        pieces: fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 4 }),
      },
      { requiredKeys: [] },
    ),
  },
)

test('whatever the network does, the text is the one produced, from one generation, and all is released', async () => {
  const seen = { reconnects: 0, gaps: 0, repeats: 0, revision: 0 }
  await fc.assert(
    fc.asyncProperty(
      produced,
      fc.array(fault, { maxLength: 8 }),
      fc.boolean(),
      async (stream, faults, loop) => {
        const before = server.generations
        server.faults = [...faults]
        server.produce = () => stream.events
        const session = client({ queueLimit: 3 }).start('chat', {})
        const ids: number[] = []
        const consumed = (async () => {
          if (loop) for await (const event of session) ids.push(event.chunk_id)
        })()
        let rendered = ''
        const followed = (async () => {
          for await (const delta of session.deltas()) rendered = renderDelta(rendered, delta)
        })()
        const last = await session.done
        await Promise.all([consumed, followed])
        expect(last).toMatchObject({ state: 'completed', error: null })
        expect(last.text).toBe(stream.text)
        expect(rendered).toBe(stream.text)
        if (loop)
          expect(ids).toEqual(Array.from({ length: stream.events.length + 1 }, (_, index) => index + 1))
        expect(server.generations).toBe(before + 1)
        for (const count of Object.keys(seen) as (keyof typeof seen)[]) seen[count] += last[count]
      },
    ),
    { numRuns: Number(process.env.SLUICE_RUNS ?? 100) },
  )
  // The schedules are worth their name.
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(20)
}, 600_000)

function renderDelta(before: string, delta: Delta): string {
  return 'append' in delta ? before + delta.append : delta.reset
}

test('cut at each byte in turn', async () => {
  server.produce = () => [content(2, '漢 👩‍👩‍👧'), retry(3, 1), content(4, 'é'), complete(5)]
  const size = 800
  for (let cutAt = 0; cutAt < size; cutAt += 1) {
    server.faults = [{ cutAt, clean: cutAt % 2 === 0 }]
    const { text, state } = await client({ retry: { baseMs: 0 } }).start('chat', {}).done
    expect([cutAt, state, text]).toEqual([cutAt, 'completed', 'é'])
  }
  expect(server.generations).toBe(size)
})

test('one byte at a time', async () => {
  server.produce = () => [content(2, 'né 漢 👩‍👩‍👧'), complete(3)]
  server.faults = [{ pieces: [1] }]
  expect((await client().start('chat', {}).done).text).toBe('né 漢 👩‍👩‍👧')
})

test('an answer that was lost is not generated twice', async () => {
  server.produce = () => [content(2, 'once'), complete(3)]
  server.faults = [{ answer: 'lost' }, { answer: 'page' }, { answer: 'busy' }]
  const session = client().start('chat', {})
  expect((await session.done).text).toBe('once')
  const posts = server.requests.filter(({ method }) => method === 'POST')
  expect(posts).toHaveLength(4)
  expect(new Set(posts.map(({ headers }) => headers['idempotency-key']))).toEqual(
    new Set([session.idempotencyKey]),
  )
  expect(server.generations).toBe(1)
})

test('a start that was cancelled before its answer came does not run', async () => {
  server.faults = [{ answer: 'lost' }]
  const session = client({ retry: { baseMs: 60_000, capMs: 60_000 } }).start('chat', {})
  await until(session, ({ waiting }) => waiting !== null)
  await session.cancel()
  const { state } = await client().attach('chat', 'stream-1').done
  expect([session.state, state]).toEqual(['cancelled', 'cancelled'])
})

test('cancel stops a running one; another viewer sees it', async () => {
  server.produce = () => [content(2, 'so far')]
  const session = client().start('chat', {})
  await until(session, ({ text }) => text === 'so far')
  const other = client().attach('chat', session.streamId!)
  await until(other, ({ text }) => text === 'so far')
  await session.cancel()
  expect((await session.done).state).toBe('cancelled')
  expect(await other.done).toMatchObject({ state: 'cancelled', cancelReason: 'cancelled' })
})

test('a slow consumer stops the server, and loses nothing', async () => {
  const filler = 'x'.repeat(1_000)
  const count = 30_000
  server.produce = () => [
    ...Array.from({ length: count }, (_, index) => content(index + 2, filler)),
    complete(count + 2),
  ]
  const session = client().start('chat', {})
  const events = session[Symbol.asyncIterator]()
  await until(session, ({ state }) => state === 'paused')
  // The server writes until the sockets are full, and no further, also when it has sent another one the whole of it.
  expect((await client().start('chat', {}).done).state).toBe('completed')
  expect(server.bytesSent).toBeLessThan(1.5 * count * filler.length)
  expect(session.snapshot.lastChunkId).toBeLessThan(2_000)
  let seen = 0
  for await (const _ of { [Symbol.asyncIterator]: () => events }) seen += 1
  expect(seen).toBe(count + 2)
})

test('no more connections than allowed, and all streams arrive', async () => {
  server.produce = (input) => [content(2, String(input)), complete(3)]
  const shared = createClient({ transport: sse({ url: server.url, maxConnections: 2 }) })
  const sessions = Array.from({ length: 8 }, (_, index) => shared.start('chat', index))
  const texts = await Promise.all(sessions.map(async ({ done }) => (await done).text))
  expect(texts).toEqual(['0', '1', '2', '3', '4', '5', '6', '7'])
  expect(server.peakViewers).toBe(2)
})
