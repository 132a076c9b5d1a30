import type { AddressInfo, Socket } from 'node:net'
import type { Part } from '@sluice/core'
import { createHub, defineStream, type Hub, memoryLog } from '@sluice/core/server'
import fastifySse, { type FastifySseOptions } from '@sluice/fastify-sse'
import fastifyWs, { type FastifyWsOptions } from '@sluice/fastify-ws'
import Fastify, { type FastifyInstance } from 'fastify'
import { z } from 'zod'
import { type ClientOptions, createClient, type StreamClient, sse, type Transport, ws } from '../src/index.ts'

/** The transports that every behaviour is shown over. */
export const transports = ['sse', 'ws'] as const
export type TransportName = (typeof transports)[number]

/** The parts that a test has a stream say, by the input that it was started with. */
export type Script = (input: string, signal: AbortSignal) => AsyncIterable<Part>

/** A server with both plugins on one hub. */
export class BothServer {
  readonly hub: Hub
  readonly app: FastifyInstance
  /** The inputs of all generations. */
  readonly runs: string[] = []
  readonly #sockets = new Set<Socket>()

  private constructor(script: Script) {
    const chat = defineStream({
      input: z.string(),
      retry: { afterFirstChunk: 'restart', baseMs: 1, capMs: 1 },
      run: ({ input, signal }) => {
        this.runs.push(input)
        return script(input, signal)
      },
    })
    this.hub = createHub({
      streams: { chat },
      log: memoryLog(),
      closeDeadlineMs: 100,
      // A busy machine is no pressure here: what a hub frees then is what these tests look for.
      pressure: { sample: () => ({ memory: 0, eventLoopDelayMs: 0 }) },
    })
    // Connections that `fetch` keeps alive would hold up the closing.
    this.app = Fastify({ forceCloseConnections: true })
    this.app.server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
  }

  static async listen(
    script: Script,
    options: Omit<FastifySseOptions & FastifyWsOptions, 'hub'> = {},
    addRoutes: (app: FastifyInstance) => void = () => {},
  ): Promise<BothServer> {
    const server = new BothServer(script)
    const { hub, app } = server
    const { authenticate, ...shared } = options
    await app.register(fastifySse, { ...shared, hub, prefix: '/streams' })
    await app.register(fastifyWs, {
      ...shared,
      ...(authenticate === undefined ? {} : { authenticate }),
      hub,
      prefix: '/streams',
    })
    // Somewhere for a browser to stand.
    app.get('/page', (_request, reply) => reply.type('text/html').send('<!doctype html>'))
    addRoutes(app)
    await app.listen({ port: 0, host: '127.0.0.1' })
    return server
  }

  get port(): number {
    return (this.app.server.address() as AddressInfo).port
  }

  /** A client over this transport. */
  client(name: TransportName, options: Partial<ClientOptions> = {}, port = this.port): StreamClient {
    return createClient({ transport: transportTo(name, port), retry: { baseMs: 1, capMs: 10 }, ...options })
  }

  /** Cuts every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  async close(): Promise<void> {
    await this.app.close()
  }
}

export function transportTo(name: TransportName, port: number, user?: string): Transport {
  const url = `http://127.0.0.1:${port}/streams`
  if (name === 'sse') return sse({ url, headers: user === undefined ? {} : { 'x-user': user } })
  return ws({ url: `${url}/ws`, idleMs: 20, ...(user === undefined ? {} : { protocols: [user] }) })
}
