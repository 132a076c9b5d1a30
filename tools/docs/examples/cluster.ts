// #region cluster
import cluster from 'node:cluster'
import { availableParallelism } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { createHub, defineStream } from '@sluice/core/server'
import fastifyWs from '@sluice/fastify-ws'
import { redisLog } from '@sluice/redis'
import Fastify from 'fastify'
import { z } from 'zod'

// #endregion

// #region cluster-primary
function runPrimary(workers: number): void {
  let isClosing = false
  for (let count = 0; count < workers; count++) cluster.fork()
  cluster.on('exit', () => {
    if (!isClosing) cluster.fork()
  })
  process.once('SIGTERM', () => {
    isClosing = true
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill()
  })
}
// #endregion

const count = defineStream({
  input: z.object({ to: z.number() }),
  run: async function* ({ input: { to } }) {
    for (let at = 1; at <= to; at++) {
      await pause(5)
      yield `${at} `
    }
  },
})
const streams = { count }
export type Streams = typeof streams

// #region cluster-worker
async function runWorker(): Promise<void> {
  const hub = createHub({ streams, log: redisLog({ url: process.env.REDIS_URL! }) })
  const app = Fastify()
  await app.register(fastifyWs, { hub, prefix: '/streams' })
  // Of the process that happens to answer: each has its own.
  app.get('/metrics', () => ({
    pid: process.pid,
    connections: app.sluiceConnections.size,
    ...hub.metrics(),
  }))
  await app.listen({ port: 0 })
  process.once('SIGTERM', () => app.close().then(() => process.exit()))
}

if (cluster.isPrimary) runPrimary(Number(process.env.WORKERS ?? availableParallelism()))
else await runWorker()
// #endregion

cluster.on('listening', (_worker, { port }) => console.log(`port ${port}`))
