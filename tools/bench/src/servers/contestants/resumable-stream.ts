import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { json } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { createClient } from 'redis'
import { createResumableStreamContext } from 'resumable-stream/generic'
import type { Contestant } from '../contestant.ts'
import { startRedis } from '../server/redis.ts'
import { type Ask, Tokens } from '../server/tokens.ts'
import { frameOf } from './bare.ts'
import { beginEvents, serveHttp } from './http.ts'

/**
 * As its README uses it. It keeps the whole answer in the process that makes it, and Redis carries it only to those
 * that come back; a reader that does not costs one `INCR` and one `SUBSCRIBE`.
 */
export const resumableStream: Contestant = {
  title: '`resumable-stream`, Redis',
  wire: 'sse',
  package: 'resumable-stream',
  resumesFromStart: true,
  async serve() {
    const publisher = createClient({ url: await startRedis() })
    const subscriber = publisher.duplicate()
    await Promise.all([publisher.connect(), subscriber.connect()])
    const context = createResumableStreamContext({ waitUntil: null, publisher, subscriber })
    return serveHttp(async (request, response) => {
      const { method, url = '' } = request
      const id = method === 'POST' ? randomUUID() : url.slice('/chat/'.length)
      const stream =
        method === 'POST'
          ? await context.createNewResumableStream(id, framesFor((await json(request)) as Ask))
          : // It throws if the process that has the answer takes longer than a second to say so.
            await context.resumeExistingStream(id).catch(() => undefined)
      if (!stream) return response.writeHead(503).end()
      beginEvents(response, { location: `/chat/${id}` })
      // A client that has gone ends its own response and nothing else.
      return pipeline(Readable.fromWeb(stream as never), response).catch(() => {})
    })
  },
}

function framesFor(ask: Ask): () => ReadableStream<string> {
  return () => frames(new Tokens(ask))
}

function frames(tokens: Tokens): ReadableStream<string> {
  let id = 0
  return new ReadableStream({
    async pull(controller) {
      const { value } = await tokens.next()
      if (value === undefined) controller.close()
      else controller.enqueue(frameOf(++id, value))
    },
  })
}
