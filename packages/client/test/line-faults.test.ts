import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { BothServer, FaultProxy, type LineFault, transports } from './servers.ts'

/** What the next generation says. */
let script: readonly string[] = []

let server: BothServer
let proxy: FaultProxy

beforeAll(async () => {
  server = await BothServer.listen(async function* () {
    for (const [index, text] of script.entries()) {
      if (index % 3 === 0) await nextTurn()
      yield text
    }
  })
  proxy = await FaultProxy.before(server.port)
})
afterAll(async () => {
  await proxy.close()
  await server.close()
})

const text = fc.string({
  unit: fc.constantFrom('a', 'é', '漢', '👩‍👩‍👧', '\n', '\r', '\u2028', '\u0000', '"', 'مرحبا'),
  minLength: 1,
})

const fault: fc.Arbitrary<LineFault> = fc.record({
  cutAt: fc.integer({ min: 1, max: 3_000 }),
  clean: fc.boolean(),
  pieces: fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 4 }),
  delay: fc.nat({ max: 2 }),
})

const numRuns = Number(process.env.SLUICE_RUNS ?? 100)

describe.each(transports)('over %s', (name) => {
  test('a line that is cut, delayed and split: the text is the one produced, of one generation', async () => {
    const before = { cuts: proxy.cuts, reconnects: 0 }
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { maxLength: 60 }),
        fc.array(fault, { maxLength: 6 }),
        fc.boolean(),
        async (texts, faults, loop) => {
          // What `fetch` has kept alive would be a good line.
          proxy.drop()
          script = texts
          proxy.faults = [...faults]
          const generations = server.runs.length
          const client = server.client(name, { queueLimit: 4, retry: { baseMs: 1, capMs: 2 } }, proxy.port)
          const session = client.start('chat', 'x')
          const ids: number[] = []
          if (loop) for await (const event of session) ids.push((event as { chunk_id: number }).chunk_id)
          const last = await session.done
          expect(last).toMatchObject({ state: 'completed', error: null, gaps: 0 })
          expect(last.text).toBe(texts.join(''))
          if (loop) expect(ids).toEqual(Array.from({ length: texts.length + 2 }, (_, index) => index + 1))
          expect(server.runs.length).toBe(generations + 1)
          before.reconnects += last.reconnects
        },
      ),
      { numRuns, seed: 5 },
    )
    // The schedules are worth their name.
    expect(proxy.cuts - before.cuts).toBeGreaterThan(numRuns / 4)
    expect(before.reconnects).toBeGreaterThan(numRuns / 10)
    // Nothing is left of them.
    await vi.waitFor(() => {
      expect(server.hub.load).toEqual({ streams: 0, viewers: 0 })
      expect(server.app.sluiceConnections.size).toBe(0)
    })
  }, 1_200_000)
})
