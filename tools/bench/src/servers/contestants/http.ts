import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { LISTEN, type Served } from '../contestant.ts'
import { type Ask, Tokens } from '../server/tokens.ts'

/** Listens, and asks to be asked at `/chat`. */
export async function serveHttp(
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<unknown>,
): Promise<Served> {
  const server = createServer(answer)
  server.listen(LISTEN)
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, path: '/chat' }
}

/** The tokens that a request asks for, for as long as somebody is there to read them. */
export async function tokensFor(request: IncomingMessage, response: ServerResponse): Promise<Tokens> {
  const tokens = new Tokens((await json(request)) as Ask)
  response.once('close', () => tokens.stop())
  return tokens
}

/** Begins an event stream. */
export function beginEvents(response: ServerResponse, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', ...headers })
  response.flushHeaders()
}

/** Resolves when there is room again, or nobody left to write to. */
export async function drained(response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  response.once('drain', resolve)
  response.once('close', resolve)
  await promise
  response.off('drain', resolve)
  response.off('close', resolve)
}
