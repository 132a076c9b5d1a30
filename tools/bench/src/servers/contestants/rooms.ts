import type { IncomingMessage, ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { createChannel, createSession } from 'better-sse'
import { type Contestant, eventOf } from '../contestant.ts'
import { type Ask, Tokens } from '../server/tokens.ts'
import { frameOf } from './bare.ts'
import { beginEvents, serveHttp } from './http.ts'

/** The path at which the viewers of the one stream find it. */
const ROOM = '/chat/room'

/** One stream, encoded once, written to each viewer. */
export const bareRoom: Contestant = {
  title: 'bare `node:http`, a loop over viewers',
  wire: 'sse',
  async serve() {
    const viewers = new Set<ServerResponse>()
    return serveHttp(async (request, response) => {
      const tokens = await tokensOf(request)
      viewers.add(response)
      response.once('close', () => viewers.delete(response))
      beginEvents(response, { location: ROOM })
      if (tokens === undefined) return
      let id = 0
      for await (const token of tokens) {
        const frame = frameOf(++id, token)
        for (const viewer of viewers) viewer.write(frame)
      }
      for (const viewer of viewers) viewer.end()
    })
  },
}

/** `channel.broadcast`. */
export const betterSseRoom: Contestant = {
  title: 'better-sse, `channel.broadcast`',
  wire: 'sse',
  package: 'better-sse',
  async serve() {
    const channel = createChannel()
    const viewers = new Set<ServerResponse>()
    return serveHttp(async (request, response) => {
      const tokens = await tokensOf(request)
      viewers.add(response)
      response.once('close', () => viewers.delete(response))
      response.setHeader('location', ROOM)
      channel.register(await createSession(request, response))
      if (tokens === undefined) return
      let id = 0
      for await (const token of tokens) {
        id += 1
        channel.broadcast(eventOf(id, token), 'message', { eventId: String(id) })
      }
      for (const viewer of viewers) viewer.end()
    })
  },
}

async function tokensOf(request: IncomingMessage): Promise<Tokens | undefined> {
  return request.method === 'POST' ? new Tokens((await json(request)) as Ask) : undefined
}
