import type { AddressInfo } from 'node:net'
import type { Part } from '@sluice/core'
import {
  createHub,
  defineStream,
  type Hub,
  type MemoryLogOptions,
  memoryLog,
  type RunContext,
} from '@sluice/core/server'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import type { Test } from 'tap'
import { z } from 'zod'
import fastifySse, { type FastifySseOptions } from '../../src/index.ts'
import { fetch, protocol } from './fetch.ts'

/** What the streams of a test say. */
export type Script = (context: RunContext<{ readonly prompt: string }>) => AsyncIterable<Part>

export interface TestServerOptions extends Omit<FastifySseOptions, 'hub'> {
  readonly run?: Script
  readonly log?: MemoryLogOptions
  readonly limits?: NonNullable<Parameters<typeof createHub>[0]['limits']>
  readonly closeDeadlineMs?: number
  readonly fastify?: FastifyServerOptions
  /** Registers what comes before the plugin. */
  readonly before?: (app: FastifyInstance) => void | Promise<void>
  /** Adds routes, with the hub at hand. */
  readonly after?: (app: FastifyInstance, hub: Hub) => void | Promise<void>
}

export interface TestServer {
  readonly app: FastifyInstance
  readonly hub: Hub
  readonly url: string
  readonly port: number
  /** Starts a stream, as the browser's client would. */
  post(body?: unknown, headers?: Record<string, string>): Promise<Response>
}

/** Says a few words and ends. */
export const threeWords: Script = async function* () {
  yield 'one '
  yield 'two '
  yield 'three'
}

/** A real server on a free port, gone at the end of the test. */
export async function serve(t: Test, options: TestServerOptions = {}): Promise<TestServer> {
  const { run = threeWords, log, limits, closeDeadlineMs = 200, fastify, before, after, ...plugin } = options
  const chat = defineStream({ input: z.object({ prompt: z.string() }), run })
  const hub: Hub = createHub({
    streams: { chat },
    log: memoryLog(log),
    closeDeadlineMs,
    ...(limits === undefined ? {} : { limits }),
  })
  const overHttp2 = protocol === 'HTTP/2' ? { http2: true } : { forceCloseConnections: true }
  const app = Fastify({ ...overHttp2, ...fastify } as FastifyServerOptions) as FastifyInstance
  await before?.(app)
  await app.register(fastifySse, { hub, prefix: '/streams', ...plugin })
  await after?.(app, hub)
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  const { port } = app.server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  return {
    app,
    hub,
    url,
    port,
    post: (body = { prompt: 'hello' }, headers = {}) =>
      fetch(`${url}/streams/chat`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
  }
}
