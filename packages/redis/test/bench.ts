import { createHub, defineStream, memoryLog, type StreamLog } from '@sluice/core/server'
import { z } from 'zod'
import { redisLog } from '../src/index.ts'
import { RedisServer } from './support/redis-server.ts'

// What the log adds between a token and its viewer: on the same instance, and on another one, beside the memory log.
const STREAMS = Number(process.env.SLUICE_STREAMS ?? 200)
const TOKENS_PER_SECOND = 50
const SECONDS = Number(process.env.SLUICE_SECONDS ?? 8)

const paced = defineStream({
  input: z.unknown(),
  async *run() {
    const everyMs = 1000 / TOKENS_PER_SECOND
    const startedAt = performance.now() + Math.random() * everyMs
    for (let token = 0; token < TOKENS_PER_SECOND * SECONDS; token++) {
      const waitMs = startedAt + token * everyMs - performance.now()
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
      yield `${performance.now().toFixed(3)} `
    }
  },
})

async function measure(name: string, writing: StreamLog, reading: StreamLog): Promise<void> {
  const streams = { paced }
  const producer = createHub({ streams, log: writing, closeDeadlineMs: 0 })
  const server = reading === writing ? producer : createHub({ streams, log: reading, closeDeadlineMs: 0 })
  const latencies: number[] = []
  const cpu = process.cpuUsage()
  const ended = Array.from({ length: STREAMS }, async () => {
    const { record } = await producer.start({ stream: 'paced', input: {} })
    const handle = await server.find({ streamId: record.streamId, owner: undefined })
    await new Promise<void>((resolve) => {
      handle.attach({
        after: 0,
        framing: (range) => {
          const now = performance.now()
          range.forEach((_chunkId, bytes, start, end) => {
            const event = JSON.parse(bytes.toString('utf8', start, end)) as { content?: string }
            if (event.content !== undefined) latencies.push(now - Number(event.content))
          })
          return new Uint8Array(0)
        },
        sink: { write: () => true, end: () => resolve() },
      })
    })
  })
  await Promise.all(ended)
  const { user, system } = process.cpuUsage(cpu)
  latencies.sort((one, other) => one - other)
  const at = (share: number): string => `${latencies[Math.floor(latencies.length * share)]!.toFixed(2)} ms`
  const cpuPerEvent = `${((user + system) / latencies.length).toFixed(1)} µs`
  console.log(
    `${name.padEnd(28)} p50 ${at(0.5).padStart(9)}   p99 ${at(0.99).padStart(9)}   CPU per event ${cpuPerEvent}`,
  )
  await Promise.all([producer.close(), server.close()])
}

const redis = await RedisServer.start()
console.log(`${STREAMS} streams × ${TOKENS_PER_SECOND} tokens a second, ${SECONDS} s; from yield to frame`)
const memory = memoryLog()
await measure('memory log', memory, memory)
const log = redisLog({ url: redis.url, keyPrefix: 'same:' })
await measure('redis log, same instance', log, log)
const { appends, appendedEvents } = log.metrics()
console.log(`  ${(appends / appendedEvents).toFixed(2)} append commands per event`)
await measure(
  'redis log, another instance',
  redisLog({ url: redis.url, keyPrefix: 'other:' }),
  redisLog({ url: redis.url, keyPrefix: 'other:' }),
)
const usage = String(await redis.command('INFO', 'commandstats'))
const used = Number(/cmdstat_evalsha:calls=\d+,usec=(\d+)/.exec(usage)?.[1])
console.log(
  `  Redis: ${(used / (2 * STREAMS * TOKENS_PER_SECOND * SECONDS)).toFixed(1)} µs of scripts per event`,
)
await redis.kill()
