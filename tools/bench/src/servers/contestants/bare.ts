import { type Contestant, eventOf } from '../contestant.ts'
import { beginEvents, drained, serveHttp, tokensFor } from './http.ts'

/** The code that one would write by hand: each token is an event, and each event a write. No log, no limits, no resume. */
export const bare: Contestant = {
  title: 'bare `node:http`, a write per token',
  wire: 'sse',
  serve: () =>
    serveHttp(async (request, response) => {
      const tokens = await tokensFor(request, response)
      beginEvents(response)
      let id = 0
      for await (const token of tokens) {
        if (!response.write(frameOf(++id, token))) await drained(response)
      }
      response.end()
    }),
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
