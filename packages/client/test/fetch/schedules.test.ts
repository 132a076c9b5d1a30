import { FaultProxy, schedule } from '@sluice/fault-proxy'
import { seededRandom } from '@sluice/random'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { resumingFetch } from '../../src/fetch/index.ts'
import { BothServer } from '../servers.ts'

/** How many schedules, and from which seed on: a failure names its seed. */
const runs = Number(process.env.SLUICE_RUNS ?? 100)
const firstSeed = Number(process.env.SLUICE_SEED ?? 1)
const LINES = 8
/** Short, because each silence takes so long to be noticed. The server says something four times as often. */
const SILENCE_MS = 400

let server: BothServer
let proxies: FaultProxy[]

beforeAll(async () => {
  server = await BothServer.listen(
    async function* (input) {
      for (const word of wordsOf(Number(input))) {
        await new Promise(setImmediate)
        yield word
      }
    },
    { heartbeatMs: SILENCE_MS / 4 },
  )
  proxies = await Promise.all(Array.from({ length: LINES }, () => FaultProxy.before(server.port)))
})
afterAll(async () => {
  await Promise.all(proxies.map((proxy) => proxy.close()))
  await server.close()
})

const UNITS = ['word ', 'né ', '漢字', '👩‍👩‍👧', '\n', '\r\n', '\u2028', '"', '\\', 'data: ', ': end', '\n\n']

function wordsOf(seed: number): string[] {
  const random = seededRandom(-seed)
  const length = 5 + Math.floor(random() * 120)
  return Array.from({ length }, () => UNITS[Math.floor(random() * UNITS.length)]!)
}

async function run(seed: number, proxy: FaultProxy): Promise<number> {
  // A connection that is kept alive from the previous schedule would have no faults.
  proxy.drop()
  proxy.faults = schedule(seed)
  let waits = 0
  const fetch = resumingFetch({
    retry: { baseMs: 1, capMs: 4 },
    silenceMs: SILENCE_MS,
    startMs: 2 * SILENCE_MS,
    onWait: () => {
      waits += 1
    },
  })
  const response = await fetch(`${proxy.url}/streams/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify(String(seed)),
  })
  expect([seed, response.status]).toEqual([seed, 200])
  const body = await response.text()
  const lines = body.split('\n').filter((line) => line.startsWith('data: '))
  const events = lines.map((line) => JSON.parse(line.slice(6)))
  expect([seed, events.map((event) => event.content ?? '').join('')]).toEqual([seed, wordsOf(seed).join('')])
  expect(events.map((event) => event.chunk_id)).toEqual(events.map((_, at) => at + 1))
  expect(events.at(-1)?.type).toBe('stream_complete')
  expect(server.runs.filter((input) => input === String(seed))).toHaveLength(1)
  return waits
}

test(`in ${runs} schedules of faults the body is the one that was produced, of one generation`, async () => {
  let waits = 0
  let seed = firstSeed
  await Promise.all(
    proxies.map(async (proxy) => {
      while (seed < firstSeed + runs) {
        const again = await run(seed++, proxy)
        waits += again
      }
    }),
  )
  const faulted = proxies.reduce((sum, proxy) => sum + proxy.faulted, 0)
  console.log(`${runs} schedules, ${faulted} faults, ${waits} waits`)
  expect(faulted).toBeGreaterThan(runs)
  expect(waits).toBeGreaterThan(runs / 4)
  for (const proxy of proxies) proxy.drop()
  await expect
    .poll(() => [server.hub.load, proxies.map(({ open }) => open)])
    .toEqual([{ streams: 0, viewers: 0 }, proxies.map(() => 0)])
}, 3_600_000)
