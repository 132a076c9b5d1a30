import { setTimeout as pass, setImmediate as turn } from 'node:timers/promises'
import { createHub, defineStream } from '@sluice/core/server'
import { fastifySse } from '@sluice/fastify-sse'
import Fastify from 'fastify'
import { z } from 'zod'
import { sqliteLog } from '../../src/index.ts'

// A server that is killed: `node server.ts PATH SURVIVES`. It sends its port, and then the number of each model request.
const [path, survives] = process.argv.slice(2) as [string, 'process' | 'power']

/** Numbers, one a token; a few at a time, as a provider sends them. */
async function* numbers(from: number, count: number, pauseMs: number): AsyncGenerator<string> {
  for (let n = from; n < count; n++) {
    yield `${n} `
    if (n % 7 === 0) await (pauseMs === 0 ? turn() : pass(pauseMs))
  }
}

const input = z.object({ count: z.number(), pauseMs: z.number() })

const hub = createHub({
  log: sqliteLog({ path, survives }),
  streams: {
    numbers: defineStream({
      input,
      run: ({ input: { count, pauseMs } }) => numbers(0, count, pauseMs),
    }),
    again: defineStream({
      input,
      onProducerLost: 'restart',
      async *run({ input: { count, pauseMs }, checkpoint, restarts, saveCheckpoint }) {
        const from = Number(checkpoint ?? 0)
        process.send?.({ asked: { from, restarts } })
        for await (const token of numbers(from, count, pauseMs)) {
          saveCheckpoint(String(Number(token) + 1))
          yield token
        }
      },
    }),
  },
})

const app = Fastify({ forceCloseConnections: true })
app.register(fastifySse, {
  prefix: '/streams',
  hub,
  owner: (request) => String(request.headers['x-user'] ?? 'ada'),
  heartbeatMs: 60_000,
})
await app.listen({ port: 0, host: '127.0.0.1' })
process.send?.({ port: (app.server.address() as { port: number }).port })
process.on('SIGTERM', () => void app.close().then(() => process.exit(0)))
