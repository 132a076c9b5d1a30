import type { AddressInfo } from 'node:net'
import { createHub, defineStream } from '@sluice/core/server'
import fastifySse from '@sluice/fastify-sse'
import fastifyWs from '@sluice/fastify-ws'
import Fastify from 'fastify'
import { z } from 'zod'
import { redisLog } from '../../src/index.ts'
import { type Question, words } from './question.ts'

// One server process of a deployment. It says its port; 'close' has it shut down as a redeploy does. It tells when the
// request to a provider was aborted, and of which question, and when the machine gave it no turn.
const [url, keyPrefix, leaseMs] = process.argv.slice(2)

const chat = defineStream({
  input: z.object({ seed: z.number(), count: z.number(), everyMs: z.number() }),
  async *run({ input, signal }: { input: Question; signal: AbortSignal }) {
    signal.addEventListener('abort', () => process.send?.({ aborted: input.seed }))
    for (const word of words(input)) {
      yield word
      if (input.everyMs > 0) await new Promise((resolve) => setTimeout(resolve, input.everyMs))
      signal.throwIfAborted()
    }
  },
})

const hub = createHub({
  streams: { chat },
  log: redisLog({ url: url!, keyPrefix: keyPrefix!, leaseMs: Number(leaseMs) }),
  closeDeadlineMs: 200,
})
// A connection that nobody has used yet would be waited for.
const app = Fastify({ forceCloseConnections: true })
app.register(fastifySse, { hub, prefix: '/streams' })
app.register(fastifyWs, { hub, prefix: '/streams' })
await app.listen({ port: 0, host: '127.0.0.1' })
process.send?.({ port: (app.server.address() as AddressInfo).port })

// A process that gets no turn for that long, twice between two renewals, may be taken for dead, and rightly so.
let turnAt = performance.now()
setInterval(() => {
  const now = performance.now()
  if (now - turnAt > Number(leaseMs) / 4) process.send?.({ stoodStill: true })
  turnAt = now
}, 20).unref()

process.on('message', async () => {
  await app.close()
  process.disconnect()
})
