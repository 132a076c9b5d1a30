/** Started as a separate process by `stream-memory.test.ts`: prints the RSS that each tiny, ended stream takes. */
import { randomUUID } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { z } from 'zod'
import { createHub, defineStream, memoryLog } from '../src/server/index.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const STREAMS = 16_384

const chat = defineStream({
  input: z.unknown(),
  run: async function* () {
    yield 'Yes.'
  },
})
const log = memoryLog()
const hub = createHub({
  streams: { chat },
  log,
  limits: { maxStartsPerMinutePerOwner: Number.POSITIVE_INFINITY },
})

/** Ended streams of many owners, each with a key. */
async function start(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const owner = `owner-${index % 1000}`
    await hub.start({
      stream: 'chat',
      input: { index },
      owner,
      idempotencyKey: randomUUID(),
    })
  }
  await new Promise((resolve) => setTimeout(resolve, 50))
}

async function settledRss(): Promise<number> {
  for (let round = 0; round < 4; round++) {
    collectGarbage()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return process.memoryUsage.rss()
}

await start(500)
const before = await settledRss()
// More than the log keeps: the rest is evicted.
await start(STREAMS + 4_000)
const after = await settledRss()
console.log(JSON.stringify({ streams: log.size.streams, rssEach: (after - before) / STREAMS }))
process.exit(0)
