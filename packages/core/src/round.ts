import { CallNumbers } from './call-numbers.ts'
import type { Usage } from './events.ts'
import type { Part } from './parts.ts'
import { type ToolCall, Transcript } from './transcript.ts'

/** The answer of the provider in one round. */
export interface Round {
  readonly text: string
  readonly reasoning: string
  /** The tool calls, whole. */
  readonly toolCalls: readonly ToolCall[]
  /** `undefined` if the source ended without a finish part. */
  readonly finishReason: string | undefined
  readonly usage: Usage | undefined
  /** The provider's own assistant message, if the source gives it. */
  readonly message: unknown
}

/**
 * Yields all parts of a source, and returns what they say together: an agent's loop needs the calls of a round to run
 * its tools, and to ask again.
 *
 * @example
 * const { toolCalls } = yield* round(openaiChat(client, params, { signal }))
 */
export async function* round<P extends Part>(source: AsyncIterable<P>): AsyncGenerator<P, Round, undefined> {
  const transcript = new Transcript()
  const numbers = new CallNumbers()
  let chunkId = 0
  let finish: { finishReason?: string; usage?: Usage; message?: unknown } = {}
  for await (const part of source) {
    chunkId += 1
    if (typeof part === 'string') transcript.addText('content_chunk', chunkId, part)
    else if (part.type === 'content') transcript.addText('content_chunk', chunkId, part.content)
    else if (part.type === 'reasoning') transcript.addText('reasoning_chunk', chunkId, part.content)
    else if (part.type === 'finish') finish = part
    else if (part.type === 'tool_call') {
      transcript.apply({ ...part, type: 'tool_call_chunk', chunk_id: chunkId, index: numbers.of(part) })
    }
    yield part
  }
  const { text, reasoning, toolCalls } = transcript
  const { finishReason, usage, message } = finish
  return { text, reasoning, toolCalls, finishReason, usage, message }
}
