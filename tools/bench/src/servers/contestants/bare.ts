import type { ServerResponse } from 'node:http'
import { type Contestant, eventOf } from '../contestant.ts'
import { beginEvents, drained, serveHttp, tokensFor } from './http.ts'

/** As often as Sluice's, which writes one if nothing else was written. */
const HEARTBEAT_MS = 15_000

/** Responses that are open, for the one heartbeat of them all. */
const open = new Set<ServerResponse>()

function beat(): void {
  for (const response of open) response.write(':\n\n')
}

/** The code that one would write by hand: each token is an event, and each event a write. No log, no limits, no resume. */
export const bare: Contestant = {
  title: 'bare `node:http`, a write per token',
  wire: 'sse',
  serve: () => {
    setInterval(beat, HEARTBEAT_MS).unref()
    return serveHttp(async (request, response) => {
      const tokens = await tokensFor(request, response)
      beginEvents(response)
      open.add(response)
      response.once('close', () => open.delete(response))
      let id = 0
      for await (const token of tokens) {
        if (!response.write(frameOf(++id, token))) await drained(response)
      }
      open.delete(response)
      response.end()
    })
  },
}

/** The same, with what comes in one turn of the event loop joined to one write. */
export const bareCoalesced: Contestant = {
  title: 'bare `node:http`, a write per turn',
  wire: 'sse',
  serve: () =>
    serveHttp(async (request, response) => {
      const tokens = await tokensFor(request, response)
      beginEvents(response)
      let id = 0
      let waiting = ''
      const flush = (): void => {
        response.write(waiting)
        waiting = ''
      }
      for await (const token of tokens) {
        if (waiting === '') setImmediate(flush)
        waiting += frameOf(++id, token)
        if (waiting.length + response.writableLength < response.writableHighWaterMark) continue
        await new Promise(setImmediate)
        if (response.writableNeedDrain) await drained(response)
      }
      if (waiting !== '') await new Promise(setImmediate)
      response.end()
    }),
}

/** A token as a server-sent event. */
export function frameOf(id: number, token: string): string {
  return `id: ${id}\ndata: ${JSON.stringify(eventOf(id, token))}\n\n`
}
