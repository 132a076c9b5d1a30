import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import {
  Clock,
  createHub,
  defineStream,
  type Hub,
  type MemoryLogOptions,
  memoryLog,
} from '@sluice/core/server'
import { ManualClock, settle } from '@sluice/core/testing'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import type { Test } from 'tap'
import { z } from 'zod'
import { type Script, threeWords } from './scripts.ts'

/** How a test's server is set up. */
export interface ChatOptions {
  /** The `run` of the definition `chat`. @default threeWords */
  readonly run?: Script | undefined
  readonly log?: MemoryLogOptions | undefined
  /** Whether the hub takes other instances for able to serve its streams. @default false */
  readonly isShared?: boolean | undefined
  readonly limits?: NonNullable<Parameters<typeof createHub>[0]['limits']> | undefined
  /** In milliseconds. @default 20 */
  readonly closeDeadlineMs?: number | undefined
  /** The clock of hub and log. @default a clock of this server's own, with ticks of 5 ms */
  readonly clock?: Clock | undefined
  readonly fastify?: FastifyServerOptions | undefined
  /** Registers what comes before the plugin. */
  readonly before?: ((app: FastifyInstance) => void | Promise<void>) | undefined
}

/** A server that listens. */
export interface ChatServer {
  readonly app: FastifyInstance
  readonly hub: Hub
  readonly clock: Clock
  readonly port: number
}

/** A real server on a free port, gone at the end of the test; by then it must have released everything. */
export async function serveChat(
  t: Test,
  {
    run = threeWords,
    log,
    isShared = false,
    limits,
    closeDeadlineMs = 20,
    clock = new Clock(),
    ...options
  }: ChatOptions,
  register: (app: FastifyInstance, hub: Hub) => Promise<void>,
  /** Further counts of the plugin, which must be 0 at the end. */
  held: (app: FastifyInstance) => Readonly<Record<string, number>> = () => ({}),
): Promise<ChatServer> {
  const chat = defineStream({ input: z.object({ prompt: z.string() }), run })
  const hub: Hub = createHub({
    streams: { chat },
    log: Object.assign(memoryLog({ clock, ...log }), { shared: isShared as false }),
    clock,
    closeDeadlineMs,
    ...(limits === undefined ? {} : { limits }),
  })
  const app = Fastify(options.fastify) as FastifyInstance
  await options.before?.(app)
  await register(app, hub)
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(async () => {
    await close(app, clock)
    // An HTTP/2 response says that it is closed after its connection has.
    await settle()
    // Too late for an assertion of tap's.
    const left = { ...hub.load, alarms: clock.size, ...held(app) }
    assert.deepEqual(
      Object.entries(left).filter(([, count]) => count > 0),
      [],
    )
  })
  return { app, hub, clock, port: (app.server.address() as AddressInfo).port }
}

/** Closes a server, whose deadlines come only with the clock if that is a test's own. */
export async function close(app: FastifyInstance, clock: Clock): Promise<void> {
  const closed = app.close().then(() => true)
  if (clock instanceof ManualClock) while (!(await Promise.race([closed, clock.pass(100)])));
  await closed
}
