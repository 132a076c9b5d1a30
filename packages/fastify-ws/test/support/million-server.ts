// A server in a process of its own, whose memory is measured: its source says a million tokens.
import type { AddressInfo } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import { countSharedBytes } from '@sluice/core/testing'
import { settled } from '@sluice/plugin-tests/settled'
import Fastify from 'fastify'
import { z } from 'zod'
import fastifyWs from '../../src/index.ts'

const TOKENS = 1_000_000
const SAMPLE_EACH = 100_000

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

const sharedBytes = countSharedBytes()

/** Bytes that are in use, outside of V8's heap too. */
async function memory(): Promise<number> {
  // The second time what the first has found is swept: buffers are freed by a thread of their own.
  for (let round = 0; round < 2; round++) {
    collectGarbage()
    await nextTurn()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external + sharedBytes()
}

let said = 0
let before = 0
let most = 0

const begun = Promise.withResolvers<void>()

async function* million() {
  await begun.promise
  before = await memory()
  for (; said < TOKENS; said++) {
    if (said % SAMPLE_EACH === 0) most = Math.max(most, await memory())
    yield ' token'
  }
}

const warmUp = defineStream({
  input: z.unknown(),
  async *run() {
    for (let at = 0; at < 20_000; at++) yield ' token'
  },
})
const lead = process.argv[3] === undefined ? {} : { leadChunks: Number(process.argv[3]) }
const chat = defineStream({ input: z.unknown(), run: million, ...lead })
const hub = createHub({
  streams: { chat, warmUp },
  log: memoryLog({ maxStreamBytes: Number(process.argv[2]), keepEndedMs: 1 }),
})
const app = Fastify()
await app.register(fastifyWs, { hub, maxWindow: Number.MAX_SAFE_INTEGER, stallMs: 600_000 })
await app.listen({ port: 0, host: '127.0.0.1' })

process.on('message', (message) => {
  if (message === 'begin') begun.resolve()
  else void report()
})

async function report(): Promise<void> {
  await settled(() => said)
  process.send!({ said, growth: Math.max(most, await memory()) - before })
}
process.send!({ port: (app.server.address() as AddressInfo).port })
