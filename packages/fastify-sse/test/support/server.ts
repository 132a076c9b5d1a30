import type { Readable } from 'node:stream'
import type { Hub } from '@sluice/core/server'
import { type ChatOptions, type ChatServer, serveChat } from '@sluice/plugin-tests'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import fastifySse, { type FastifySseOptions } from '../../src/index.ts'
import { type Connection, http1, type Protocol } from './protocols.ts'

export interface TestServerOptions extends ChatOptions, Omit<FastifySseOptions, 'hub'> {
  /** Adds routes, with the hub at hand. */
  readonly after?: (app: FastifyInstance, hub: Hub) => void | Promise<void>
}

export interface TestServer extends ChatServer {
  readonly url: string
  /** Starts a stream, as the browser's client would. */
  post(body?: unknown, headers?: Record<string, string>): Promise<Response>
  /** Starts one over a connection of its own, of which nothing is read before somebody does. */
  open(): Promise<OpenStream>
}

export interface OpenStream extends Pick<Connection, 'reset'> {
  readonly body: Readable
}

/** A real server on a free port, gone at the end of the test. */
export async function serve(
  t: Test,
  {
    run,
    log,
    isShared,
    limits,
    closeDeadlineMs,
    clock,
    fastify,
    before,
    after,
    ...plugin
  }: TestServerOptions = {},
  { server, fetch, connect }: Protocol = http1,
): Promise<TestServer> {
  const given = { run, log, isShared, limits, closeDeadlineMs, clock, before }
  const chat = await serveChat(t, { ...given, fastify: { ...server, ...fastify } }, async (app, hub) => {
    await app.register(fastifySse, { hub, prefix: '/streams', ...plugin })
    await after?.(app, hub)
  })
  const url = `http://127.0.0.1:${chat.port}`
  return {
    ...chat,
    url,
    post: (body = { prompt: 'hello' }, headers = {}) =>
      fetch(`${url}/streams/chat`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    async open() {
      const { post, reset } = connect(url)
      return { body: await post('/streams/chat', { prompt: 'hello' }), reset }
    },
  }
}
