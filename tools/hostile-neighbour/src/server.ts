import type { AddressInfo } from 'node:net'
import { setImmediate as nextTurn, setTimeout as pass } from 'node:timers/promises'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import fastifySse from '@sluice/fastify-sse'
import fastifyWs from '@sluice/fastify-ws'
import Fastify, { type FastifyRequest } from 'fastify'
import { z } from 'zod'
import { PACE_MS } from './pace.ts'

// The server of the scene, in a process of its own: nothing but the plugins' own defaults protects it.

/** Its state, as it answers 'report'. */
export interface ServerReport {
  readonly viewers: number
  readonly streams: number
  readonly logBytes: number
  readonly rssBytes: number
  /**
   * The longest turn of its event loop since the last report, in milliseconds of processor time. All viewers pause that long.
   * Other programs on a busy machine do not make it longer.
   */
  readonly longestTurnMs: number
}

const numbers = defineStream({
  input: z.object({ count: z.number().int().max(10_000) }),
  async *run({ input, signal }) {
    const beganAt = performance.now()
    for (let number = 0; number < input.count; number++) {
      yield `${number} `
      // Against the clock: what is late is not late for ever.
      await pass(Math.max(0, beganAt + (number + 1) * PACE_MS - performance.now()), undefined, { signal })
    }
  },
})

const WORDS = 'words that fill whatever has no bound '.repeat(50)

const WORDS_OF_READ = 16

const endless = defineStream({
  input: z.record(z.string(), z.array(z.string())),
  async *run({ signal }) {
    // As they come from a provider: a few in one read of a socket.
    for (let count = 1; !signal.aborted; count++) {
      yield WORDS
      if (count % WORDS_OF_READ === 0) await nextTurn()
    }
  },
})

const log = memoryLog()
const hub = createHub({ streams: { numbers, endless }, log })
const owner = ({ headers }: FastifyRequest): string => `${headers['x-owner']}`
const app = Fastify({ forceCloseConnections: true })
await app.register(fastifySse, { hub, owner, prefix: '/streams' })
await app.register(fastifyWs, { hub, owner, prefix: '/streams' })
await app.listen({ port: 0, host: '127.0.0.1', backlog: 1024 })
process.send?.({ port: (app.server.address() as AddressInfo).port })

let longestTurnMs = 0
// Node 22 knows the time of the whole process only, with that of the garbage collector’s threads.
const cpuUsage = process.threadCpuUsage ?? process.cpuUsage
let before = cpuUsage()
setInterval(() => {
  const now = cpuUsage()
  longestTurnMs = Math.max(longestTurnMs, (now.user - before.user + now.system - before.system) / 1_000)
  before = now
}, 1)

process.on('message', async (wish: 'report' | { readonly cancel: string }) => {
  if (wish !== 'report') await hub.cancelAll(wish.cancel)
  const rssBytes = process.memoryUsage.rss()
  const report: ServerReport = { ...hub.load, logBytes: log.byteLength, rssBytes, longestTurnMs }
  longestTurnMs = 0
  process.send?.(report)
})
