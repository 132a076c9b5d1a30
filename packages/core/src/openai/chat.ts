import type { OpenAI } from 'openai'
import type { ContentPart, FilePart, FinishPart, ReasoningPart, SourcePart, ToolCallPart } from '../parts.ts'
import { closed, openWire, type Wire } from '../provider/wire.ts'
import { ChatAnswer, type MissingFinishReason } from './chat-answer.ts'
import type { ChatPart } from './chat-text.ts'
import { openaiError } from './errors.ts'

type ChatParams = OpenAI.Chat.ChatCompletionCreateParamsStreaming

/** Chat Completions' own parameters, for {@link openaiChat}. It always streams, and takes one choice. */
export type OpenAIChatParams = Omit<ChatParams, 'stream' | 'n'>

/** The part of an `openai` client that {@link openaiChat} uses. */
export type OpenAIChatClient = Pick<OpenAI, 'chat'>

/** Options of {@link openaiChat}. */
export interface OpenAIChatOptions {
  /** Aborts the request, which stops the generation at the provider. */
  readonly signal?: AbortSignal | undefined
  /**
   * How to treat an answer that has text and ends with `[DONE]`, but without any `finish_reason`, as some local servers
   * send it. `error`: it fails with `connection_lost`, because it may be incomplete. `stop`: it counts as complete.
   * @default 'error'
   */
  readonly missingFinishReason?: MissingFinishReason | undefined
}

/** How long the usage may follow the finish reason. Some servers keep the connection open after it. */
const USAGE_WAIT_MS = 1_000

/**
 * Asks Chat Completions, at OpenAI or any server that speaks its wire, and yields text, refusals (as text, and
 * `finishReason` is then `refusal`), reasoning, tool calls, and at the end the finish reason with the usage. Chunks
 * without content (comments, the role, pings) are empty content parts: a sign that the provider is alive.
 *
 * The client's own retries are off: the definition's retry policy decides, and the log shows what it did. The body of
 * the answer is read here, from the client's `asResponse()`; a client without that is iterated.
 * @throws {StreamingError} for everything that goes wrong, an answer that ends without a finish reason included.
 */
export async function* openaiChat(
  client: OpenAIChatClient,
  params: OpenAIChatParams,
  { signal, missingFinishReason = 'error' }: OpenAIChatOptions = {},
): AsyncGenerator<
  ContentPart | ReasoningPart | ToolCallPart | SourcePart | FilePart | FinishPart,
  void,
  void
> {
  const answer = new ChatAnswer(missingFinishReason)
  const parts: ChatPart[] = []
  let wire: Wire | undefined
  try {
    const body: ChatParams = { stream_options: { include_usage: true }, ...params, stream: true }
    wire = await openWire(client.chat.completions.create(body, { signal, maxRetries: 0 }))
    while (!answer.isDone) {
      const items = await wire.read()
      if (items === undefined) break
      for (const item of items) {
        // After a Stop, the rest of the last packet is discarded.
        if (signal?.aborted) throw closed(signal)
        answer.take(item, parts)
        for (const part of parts) yield part
        parts.length = 0
      }
      wire.endWithin(answer.isWhole ? USAGE_WAIT_MS : undefined)
    }
  } catch (error) {
    // Only the usage is missing.
    if (!answer.isWhole) throw openaiError(error)
  } finally {
    wire?.release(answer.isDone)
  }
  // The client takes an abort for the end of the body.
  if (signal?.aborted && !answer.isWhole) throw closed(signal)
  const ids = answer.nameCalls()
  const finish = answer.finish()
  yield* ids
  yield finish
}
