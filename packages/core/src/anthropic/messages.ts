import type Anthropic from '@anthropic-ai/sdk'
import { httpError } from '../http-error/http-error.ts'
import type { ContentPart, FinishPart, ReasoningPart, SourcePart, ToolCallPart } from '../parts.ts'
import { closed, openWire, type Wire } from '../provider/wire.ts'
import { MessageAnswer, type MessagePart } from './message-answer.ts'

/** The Messages API's own parameters, for {@link anthropicMessages}. It always streams. */
export type AnthropicMessagesParams = Omit<Anthropic.MessageCreateParamsStreaming, 'stream'>

/** The part of an `@anthropic-ai/sdk` client that {@link anthropicMessages} uses. */
export type AnthropicMessagesClient = Pick<Anthropic, 'messages'>

/** Options of {@link anthropicMessages}. */
export interface AnthropicMessagesOptions {
  /** Aborts the request, which stops the generation at the provider. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Asks Anthropic's Messages API (https://docs.anthropic.com/en/api/messages-streaming) and yields text, thinking as
 * reasoning, calls of your tools, and at the end the finish reason with the usage: `stop` (`end_turn`,
 * `stop_sequence`), `length` (`max_tokens`, `model_context_window_exceeded`), `tool_calls` (`tool_use`), `refusal`, or
 * what else Anthropic says. Pings are empty content parts: a sign that the provider is alive. `input_tokens` counts
 * what was read from the cache and written into it too, as OpenAI's does.
 *
 * The client's own retries are off: the definition's retry policy decides. 429, 500, 503 and 529 are retried, 401 and
 * 400 are not; `Retry-After` is the shortest wait.
 * @throws {StreamingError} for everything that goes wrong, an answer that ends without `message_stop` included.
 *
 * @example
 * run: ({ input, signal }) =>
 *   anthropicMessages(anthropic, { model: 'claude-sonnet-4-5', max_tokens: 4096, messages: input.messages }, { signal })
 */
export async function* anthropicMessages(
  client: AnthropicMessagesClient,
  params: AnthropicMessagesParams,
  { signal }: AnthropicMessagesOptions = {},
): AsyncGenerator<ContentPart | ReasoningPart | ToolCallPart | SourcePart | FinishPart, void, void> {
  const answer = new MessageAnswer()
  const parts: MessagePart[] = []
  let wire: Wire | undefined
  try {
    wire = await openWire(client.messages.create({ ...params, stream: true }, { signal, maxRetries: 0 }))
    while (!answer.isWhole) {
      const items = await wire.read()
      if (items === undefined) break
      for (const item of items) {
        // After a Stop, the rest of the last packet is discarded.
        if (signal?.aborted) throw closed(signal)
        answer.take(item, parts)
        for (const part of parts) yield part
        parts.length = 0
      }
    }
  } catch (error) {
    if (!answer.isWhole) throw httpError(error)
  } finally {
    wire?.release(answer.isWhole)
  }
  // The client takes an abort for the end of the body.
  if (signal?.aborted && !answer.isWhole) {
    throw closed(signal)
  }
  yield answer.finish()
}
