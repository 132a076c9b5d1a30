import { createSession } from 'better-sse'
import { type Contestant, eventOf } from '../contestant.ts'
import { drained, serveHttp, tokensFor } from './http.ts'

/** `session.push` for each token. That waits for no `drain`, so the loop around it does: else it would buffer all. */
export const betterSse: Contestant = {
  title: 'better-sse',
  wire: 'sse',
  package: 'better-sse',
  serve: () =>
    serveHttp(async (request, response) => {
      const tokens = await tokensFor(request, response)
      const session = await createSession(request, response)
      let id = 0
      for await (const token of tokens) {
        id += 1
        session.push(eventOf(id, token), 'message', String(id))
        if (response.writableNeedDrain) await drained(response)
      }
      response.end()
    }),
}
