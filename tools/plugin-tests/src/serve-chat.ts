import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import {
  createHub,
  defineStream,
  type Hub,
  type MemoryLogOptions,
  memoryLog,
  Wheel,
} from '@sluice/core/server'
import { ManualWheel, settle } from '@sluice/core/testing'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import type { Test } from 'tap'
import { z } from 'zod'
import { type Script, threeWords } from './scripts.ts'

/** How a test's server is set up. */
export interface ChatOptions {
  /** What the definition `chat` says. @default threeWords */
  readonly run?: Script | undefined
  readonly log?: MemoryLogOptions | undefined
  readonly limits?: NonNullable<Parameters<typeof createHub>[0]['limits']> | undefined
  /** In milliseconds. @default 20 */
  readonly closeDeadlineMs?: number | undefined
  /** The clock of hub and log. @default a wheel of this server's own, with ticks of 5 ms */
  readonly wheel?: Wheel | undefined
  readonly fastify?: FastifyServerOptions | undefined
  /** Registers what comes before the plugin. */
  readonly before?: ((app: FastifyInstance) => void | Promise<void>) | undefined
}

/** A server that listens. */
export interface ChatServer {
  readonly app: FastifyInstance
  readonly hub: Hub
  readonly wheel: Wheel
  readonly port: number
}

/** A real server on a free port, gone at the end of the test; by then it must have let go of everything. */
export async function serveChat(
  t: Test,
  {
    run = threeWords,
    log,
    limits,
    closeDeadlineMs = 20,
    wheel = new Wheel({ tickMs: 5 }),
    ...options
  }: ChatOptions,
  register: (app: FastifyInstance, hub: Hub) => Promise<void>,
  /** What the plugin counts beside, which must be 0 at the end. */
  held: (app: FastifyInstance) => Readonly<Record<string, number>> = () => ({}),
): Promise<ChatServer> {
  const chat = defineStream({ input: z.object({ prompt: z.string() }), run })
  const hub: Hub = createHub({
    streams: { chat },
    log: memoryLog({ wheel, ...log }),
    wheel,
    closeDeadlineMs,
    ...(limits === undefined ? {} : { limits }),
  })
  const app = Fastify(options.fastify) as FastifyInstance
  await options.before?.(app)
  await register(app, hub)
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(async () => {
    await close(app, wheel)
    // An HTTP/2 response says that it is closed after its connection has.
    await settle()
    // Too late for an assertion of tap's.
    const left = { ...hub.load, alarms: wheel.size, ...held(app) }
    assert.deepEqual(
      Object.entries(left).filter(([, count]) => count > 0),
      [],
    )
  })
  return { app, hub, wheel, port: (app.server.address() as AddressInfo).port }
}

/** Closes a server, whose deadlines come only with the clock where that is a test's own. */
export async function close(app: FastifyInstance, wheel: Wheel): Promise<void> {
  const closed = app.close().then(() => true)
  if (wheel instanceof ManualWheel) while (!(await Promise.race([closed, wheel.pass(100)])));
  await closed
}
