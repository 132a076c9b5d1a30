import { createUIMessageStream, pipeUIMessageStreamToResponse, type UIMessageChunk } from 'ai'
import type { Contestant } from '../contestant.ts'
import type { Tokens } from '../server/tokens.ts'
import { serveHttp, tokensFor } from './http.ts'

/** The stream response of the AI SDK, which knows no provider here: parts go in, its event stream comes out. */
export const aiSdk: Contestant = {
  title: 'AI SDK, `pipeUIMessageStreamToResponse`',
  wire: 'sse',
  package: 'ai',
  serve: () =>
    serveHttp(async (request, response) => {
      const tokens = await tokensFor(request, response)
      const stream = createUIMessageStream({
        execute: ({ writer }) => writer.merge(streamOf(chunks(tokens))),
      })
      await pipeUIMessageStreamToResponse({ response, stream })
    }),
}

function streamOf(parts: AsyncGenerator<UIMessageChunk>): ReadableStream<UIMessageChunk> {
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await parts.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
  })
}

async function* chunks(tokens: Tokens): AsyncGenerator<UIMessageChunk> {
  yield { type: 'start' }
  yield { type: 'text-start', id: '0' }
  for await (const delta of tokens) yield { type: 'text-delta', id: '0', delta }
  yield { type: 'text-end', id: '0' }
  yield { type: 'finish' }
}
