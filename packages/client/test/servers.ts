import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
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

/** What a test has a stream say, by the input that it was started with. */
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
    this.hub = createHub({ streams: { chat }, log: memoryLog(), closeDeadlineMs: 100 })
    // What `fetch` keeps alive would hold up the closing.
    this.app = Fastify({ forceCloseConnections: true })
    this.app.server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
  }

  static async listen(
    script: Script,
    options: Omit<FastifySseOptions & FastifyWsOptions, 'hub'> = {},
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

/** What a {@link FaultProxy} does to one connection. */
export interface LineFault {
  /** So many bytes to the client, then it is cut. */
  readonly cutAt: number
  /** With a FIN rather than a RST. */
  readonly clean: boolean
  /** The sizes of the writes, in turn. */
  readonly pieces: readonly number[]
  /** Turns of the event loop between two of them. */
  readonly delay: number
}

/** A TCP proxy that cuts, delays and splits what comes from the server, connection by connection. */
export class FaultProxy {
  /** For the next connections, in turn; after the last one the line is good. */
  faults: LineFault[] = []
  cuts = 0
  readonly #server = createServer({ allowHalfOpen: false }, (client) => this.#join(client))
  readonly #open = new Set<Socket>()
  #upstream = 0

  static async before(upstream: number): Promise<FaultProxy> {
    const proxy = new FaultProxy()
    proxy.#upstream = upstream
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Connections that are open, both sides of them. */
  get size(): number {
    return this.#open.size
  }

  /** Cuts all lines, those too that are kept for later. */
  drop(): void {
    for (const socket of this.#open) socket.destroy()
  }

  async close(): Promise<void> {
    this.#server.close()
    this.drop()
    await once(this.#server, 'close')
  }

  #join(client: Socket): void {
    const server = connect(this.#upstream, '127.0.0.1')
    for (const socket of [client, server]) {
      this.#open.add(socket)
      socket.on('close', () => this.#open.delete(socket))
      socket.on('error', () => {})
    }
    client.on('close', () => server.destroy())
    server.on('close', () => client.end())
    client.pipe(server, { end: false })
    const fault = this.faults.shift()
    if (fault === undefined) server.pipe(client)
    else void this.#spoil(server, client, fault)
  }

  async #spoil(server: Socket, client: Socket, { cutAt, clean, pieces, delay }: LineFault): Promise<void> {
    let left = cutAt
    let turn = 0
    try {
      for await (const bytes of server as AsyncIterable<Buffer>) {
        for (let at = 0; at < bytes.length; turn += 1) {
          const size = Math.min(pieces[turn % pieces.length]!, left, bytes.length - at)
          client.write(bytes.subarray(at, at + size))
          at += size
          left -= size
          for (let turns = 0; turns < delay; turns++) await new Promise(setImmediate)
          if (left > 0) continue
          this.cuts += 1
          server.destroy()
          if (clean) client.end()
          else client.resetAndDestroy()
          return
        }
      }
    } catch {
      // The server's side was cut by the client's.
    }
  }
}
