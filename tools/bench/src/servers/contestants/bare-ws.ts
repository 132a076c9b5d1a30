import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { type Contestant, eventOf, LISTEN, type Served, type StreamRequest } from '../contestant.ts'
import { Tokens } from '../server/tokens.ts'

/** Unsent bytes above which a careful program waits. */
const HIGH_WATER_MARK = 65_536

/** The code that one would write by hand: each token is an event, and each event a message. No log, no limits, no resume. */
export const bareWs: Contestant = {
  title: 'bare `ws`, a message per token',
  wire: 'ws',
  package: 'ws',
  serve: () => serveWs(serveTokens),
}

/** One stream, encoded once, sent to each viewer. */
export const bareWsRoom: Contestant = {
  title: 'bare `ws`, a loop over viewers',
  wire: 'ws',
  package: 'ws',
  serve: () => serveWs(joinRoom),
}

async function serveWs(serve: (socket: WebSocket, all: Set<WebSocket>) => void): Promise<Served> {
  const server = new WebSocketServer({ ...LISTEN, perMessageDeflate: false })
  server.on('connection', (socket) => serve(socket, server.clients))
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, path: '/' }
}

/** Answers each request on a socket with a separate stream. */
export function serveTokens(socket: WebSocket): void {
  const running = new Set<Tokens>()
  socket.on('message', async (text) => {
    const { input } = JSON.parse(String(text)) as StreamRequest
    const stream_id = newStreamId()
    const tokens = new Tokens(input)
    running.add(tokens)
    socket.send(JSON.stringify({ stream_id, type: 'stream_attached' }))
    let id = 0
    for await (const token of tokens) {
      const event = JSON.stringify({ stream_id, ...eventOf(++id, token) })
      if (socket.bufferedAmount < HIGH_WATER_MARK) socket.send(event)
      else await new Promise<void>((resolve) => socket.send(event, () => resolve()))
    }
    running.delete(tokens)
    socket.send(JSON.stringify({ stream_id, type: 'stream_complete' }))
  })
  // A client that is cut off.
  socket.on('error', () => {})
  socket.on('close', () => {
    for (const tokens of running) tokens.stop()
  })
}

/** The first who asks has a stream started, which all look at. */
function joinRoom(socket: WebSocket, viewers: Set<WebSocket>): void {
  socket.on('message', async (text) => {
    const { input, stream_id = newStreamId() } = JSON.parse(String(text)) as StreamRequest
    socket.send(JSON.stringify({ stream_id, type: 'stream_attached' }))
    if (input === undefined) return
    let id = 0
    for await (const token of new Tokens(input)) {
      const event = JSON.stringify({ stream_id, ...eventOf(++id, token) })
      for (const viewer of viewers) viewer.send(event)
    }
    const end = JSON.stringify({ stream_id, type: 'stream_complete' })
    for (const viewer of viewers) viewer.send(end)
  })
  socket.on('error', () => {})
}

function newStreamId(): string {
  return randomBytes(16).toString('base64url')
}
