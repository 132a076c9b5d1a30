import { openaiChat } from '@sluice/core/openai'
import { FaultProxy, schedule } from '@sluice/fault-proxy'
import { type ModelServer, startModelServer } from '@sluice/model-server'
import { seededRandom } from '@sluice/random'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BothServer, type TransportName, transports } from './servers.ts'

/** How many schedules, and from which seed on: a failure names its seed. */
const runs = Number(process.env.SLUICE_RUNS ?? 100)
const firstSeed = Number(process.env.SLUICE_SEED ?? 1)
/** Schedules that run at once, each with a line of its own: most of their time is waiting for a silent one. */
const LINES = 8
/** Short, because each silence takes so long to be noticed. The server says something four times as often. */
const SILENCE_MS = 400

let model: ModelServer
let server: BothServer
let proxies: FaultProxy[]

beforeAll(async () => {
  model = await startModelServer({ ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY })
  const openai = new OpenAI({ apiKey: 'any', baseURL: model.baseURL })
  server = await BothServer.listen(
    (content, signal) =>
      openaiChat(openai, { model: 'sluice-echo', messages: [{ role: 'user', content }] }, { signal }),
    { heartbeatMs: SILENCE_MS / 4 },
  )
  proxies = await Promise.all(Array.from({ length: LINES }, () => FaultProxy.before(server.port)))
})
// Sessions that a failure has left behind are still about.
afterAll(async () => {
  await Promise.all(proxies.map((proxy) => proxy.close()))
  await server.close()
  await model.close()
})

const UNITS = ['word ', 'né ', '漢字', '👩‍👩‍👧', '\n', '\r\n', '\u2028', '"', '\\', 'مرحبا ', 'data: ', ': ']

/** The words that the model is told to say: no two are alike. */
function textOf(name: TransportName, seed: number): string {
  const random = seededRandom(-seed)
  const units = Array.from(
    { length: 5 + Math.floor(random() * 120) },
    () => UNITS[Math.floor(random() * UNITS.length)],
  )
  return `${name} ${seed}. ${units.join('')}.`
}

async function run(name: TransportName, seed: number, proxy: FaultProxy): Promise<number> {
  const text = textOf(name, seed)
  // A connection that is kept alive from the previous schedule would have no faults.
  proxy.drop()
  proxy.faults = schedule(seed)
  const options = {
    retry: { baseMs: 1, capMs: 4 },
    silenceMs: SILENCE_MS,
    startMs: 2 * SILENCE_MS,
    queueLimit: 4,
  }
  const session = server.client(name, options, proxy.port).start('chat', text)
  const ids: number[] = []
  if (seed % 2 === 0) for await (const event of session) ids.push((event as { chunk_id: number }).chunk_id)
  const last = await session.done
  expect({ seed, ...last }).toMatchObject({ seed, state: 'completed', error: null, text, gaps: 0 })
  if (ids.length > 0) expect(ids).toEqual(Array.from({ length: last.lastChunkId }, (_, index) => index + 1))
  const generations = model.requests.filter(({ body }) => JSON.stringify(body).includes(JSON.stringify(text)))
  expect([seed, generations.length]).toEqual([seed, 1])
  return last.reconnects
}

describe.each(transports)('over %s', (name) => {
  test(`in ${runs} schedules of faults the text is the one produced, of one generation`, async () => {
    const faultedBefore = proxies.reduce((sum, { faulted }) => sum + faulted, 0)
    let reconnects = 0
    let seed = firstSeed
    await Promise.all(
      proxies.map(async (proxy) => {
        while (seed < firstSeed + runs) {
          const again = await run(name, seed++, proxy)
          reconnects += again
        }
      }),
    )
    const faulted = proxies.reduce((sum, proxy) => sum + proxy.faulted, -faultedBefore)
    console.log(`${name}: ${runs} schedules, ${faulted} faults, ${reconnects} reconnects`)
    // The schedules are worth their name.
    expect(faulted).toBeGreaterThan(runs)
    expect(reconnects).toBeGreaterThan(runs / 4)
    // Nothing is left of them.
    for (const proxy of proxies) proxy.drop()
    await expect
      .poll(() => [server.hub.load, server.app.sluiceConnections.size, proxies.map(({ open }) => open)])
      .toEqual([{ streams: 0, viewers: 0 }, 0, proxies.map(() => 0)])
  }, 3_600_000)
})
