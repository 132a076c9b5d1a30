import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import type { Part } from '@sluice/core'
import {
  createHub,
  defineStream,
  type Hub,
  type MemoryLogOptions,
  memoryLog,
  type RunContext,
  Wheel,
} from '@sluice/core/server'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import type { Test } from 'tap'
import { z } from 'zod'
import fastifyWs, { type FastifyWsOptions } from '../../src/index.ts'
import { Peer, type PeerOptions } from './peer.ts'

/** What the streams of a test say. */
export type Script = (context: RunContext<{ readonly prompt: string }>) => AsyncIterable<Part>

export interface TestServerOptions extends Omit<FastifyWsOptions, 'hub'> {
  readonly run?: Script
  readonly log?: MemoryLogOptions
  readonly limits?: NonNullable<Parameters<typeof createHub>[0]['limits']>
  readonly closeDeadlineMs?: number
  readonly fastify?: FastifyServerOptions
  /** Registers what comes before the plugin. */
  readonly before?: (app: FastifyInstance) => void | Promise<void>
}

export interface TestServer {
  readonly app: FastifyInstance
  readonly hub: Hub
  readonly wheel: Wheel
  readonly url: string
  readonly port: number
  /** A client that is connected, and told so. */
  connect(options?: PeerOptions): Promise<Peer>
}

/** Says a few words and ends. */
export const threeWords: Script = async function* () {
  yield 'one '
  yield 'two '
  yield 'three'
}

/** Says so many numbers, as fast as it may. */
export const numbers = (count: number): Script =>
  async function* () {
    for (let index = 0; index < count; index++) yield `${index} `
  }

/** Says one word, and nothing more until it is stopped. */
export const pending: Script = async function* ({ signal }) {
  yield 'begun'
  await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
}

/** A real server on a free port, gone at the end of the test; by then it must have let go of everything. */
export async function serve(t: Test, options: TestServerOptions = {}): Promise<TestServer> {
  const { run = threeWords, log, limits, closeDeadlineMs = 20, fastify, before, ...plugin } = options
  const chat = defineStream({ input: z.object({ prompt: z.string() }), run })
  const wheel = new Wheel({ tickMs: 5 })
  const hub: Hub = createHub({
    streams: { chat },
    log: memoryLog({ wheel, ...log }),
    wheel,
    closeDeadlineMs,
    ...(limits === undefined ? {} : { limits }),
  })
  const app = Fastify(fastify) as FastifyInstance
  await before?.(app)
  await app.register(fastifyWs, { hub, prefix: '/streams', ...plugin })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const url = `ws://127.0.0.1:${port}/streams/ws`
  t.teardown(async () => {
    await app.close()
    const left = { ...hub.load, connections: app.sluiceConnections.size, alarms: wheel.size }
    // Too late for an assertion of tap's.
    assert.deepEqual(left, { streams: 0, viewers: 0, connections: 0, alarms: 0 })
  })
  return {
    app,
    hub,
    wheel,
    url,
    port,
    async connect(given) {
      const peer = await Peer.open(t, url, given)
      if (given?.init !== undefined) peer.send({ type: 'connection_init', ...given.init })
      await peer.take('connection_established')
      return peer
    },
  }
}
