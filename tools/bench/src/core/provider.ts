import { openaiChat } from '@sluice/core/openai'
import OpenAI from 'openai'

/** Chunks that arrive together, as they do from a fast model. */
const BURST = 50

/** CPU time (user and system) for a chunk, in µs: read from the body of an answer, parsed, and yielded as a part. */
export async function openaiChatCpu(chunks: number): Promise<number> {
  const packets = Array.from(packetsOf(chunks))
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const packet = packets.shift()
      if (packet === undefined) controller.close()
      else controller.enqueue(packet)
    },
  })
  const fetch = async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  const client = new OpenAI({ apiKey: 'any', baseURL: 'http://provider/v1', fetch })
  const before = process.cpuUsage()
  let length = 0
  for await (const part of openaiChat(client, { model: 'm', messages: [] })) {
    if (part.type === 'content') length += part.content.length
  }
  const { user, system } = process.cpuUsage(before)
  if (length === 0) throw new Error('nothing was measured')
  return (user + system) / chunks
}

function* packetsOf(chunks: number): Generator<Uint8Array> {
  const encoder = new TextEncoder()
  const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm' }
  const line = (delta: object, finish_reason: string | null) =>
    `data: ${JSON.stringify({ ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason }], usage: null })}\n\n`
  for (let index = 0; index < chunks; index += BURST) {
    const tokens = Array.from({ length: BURST }, (_, at) =>
      line({ content: ` token${(index + at) % 64}` }, null),
    )
    yield encoder.encode(tokens.join(''))
  }
  yield encoder.encode(`${line({}, 'stop')}data: [DONE]\n\n`)
}
