import { once } from 'node:events'
import { type IncomingMessage, request as overHttp1 } from 'node:http'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import type { FastifyServerOptions } from 'fastify'

/** What the plugin is served over, and clients that speak it. */
export interface Protocol {
  readonly name: 'HTTP/1.1' | 'HTTP/2'
  readonly server: FastifyServerOptions
  /** Keeps connections, as a browser does. */
  readonly fetch: typeof globalThis.fetch
  /** Connects, for requests that a test plays by hand. */
  connect(origin: string): Connection
}

/** A connection of its own. */
export interface Connection {
  /** Asks, and gives the answer, of whose body nothing is read before it is iterated. Over HTTP/2 as often as wanted. */
  post(path: string, body: unknown): Promise<Readable>
  /** The machine is gone, without a word. */
  reset(): void
}

const JSON_TYPE = { 'content-type': 'application/json' }

export const http1: Protocol = {
  name: 'HTTP/1.1',
  server: { forceCloseConnections: true },
  fetch: globalThis.fetch,
  connect(origin) {
    let socket: Socket | undefined
    return {
      async post(path, body) {
        const request = overHttp1(origin + path, { method: 'POST', headers: JSON_TYPE, agent: false })
        request.on('error', () => {})
        request.end(JSON.stringify(body))
        const [response] = (await once(request, 'response')) as [IncomingMessage]
        socket = response.socket
        return response.on('error', () => {})
      },
      reset: () => socket?.resetAndDestroy(),
    }
  },
}

/** Where a test is about what only HTTP/2 has. */
export const http2: Protocol = {
  name: 'HTTP/2',
  server: { http2: true } as FastifyServerOptions,
  fetch: fetchOverHttp2,
  connect(origin) {
    const { hostname, port } = new URL(origin)
    const socket = connect(Number(port), hostname)
    const session = connectHttp2(origin, { createConnection: () => socket })
    session.on('error', () => {})
    return {
      async post(path, body) {
        const stream = session.request({ ':method': 'POST', ':path': path, ...JSON_TYPE })
        stream.on('error', () => {})
        stream.end(JSON.stringify(body))
        await once(stream, 'response')
        return stream
      },
      reset: () => socket.resetAndDestroy(),
    }
  },
}

/** What the tests are run over. */
export const protocols: readonly Protocol[] = [http1, http2]

const sessions = new Map<string, ClientHttp2Session>()

/** As much of `fetch` as the tests need, over cleartext HTTP/2, which the global one does not speak. */
async function fetchOverHttp2(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  const url = new URL(input as string)
  const stream = sessionOf(url.origin).request(
    {
      ':method': init.method ?? 'GET',
      ':path': url.pathname + url.search,
      ...(init.headers as Record<string, string>),
    },
    init.signal ? { signal: init.signal } : {},
  )
  stream.on('error', () => {})
  stream.end(init.body as string | undefined)
  const [received] = await once(stream, 'response')
  const headers = Object.entries(received as Record<string, string>).filter(([name]) => !name.startsWith(':'))
  const status = Number(received[':status'])
  const body = status === 204 || init.method === 'HEAD' ? null : Readable.toWeb(stream)
  if (body === null) stream.resume()
  return new Response(body as ReadableStream | null, {
    status,
    headers: headers.map(([name, value]) => [name, `${value}`]),
  })
}

function sessionOf(origin: string): ClientHttp2Session {
  let session = sessions.get(origin)
  if (session === undefined) {
    session = connectHttp2(origin)
    session.on('error', () => {})
    session.on('close', () => sessions.delete(origin))
    session.unref()
    sessions.set(origin, session)
  }
  return session
}
