import type { TextStreamPart, ToolSet } from 'ai'
import { StreamingError } from '../errors.ts'
import type { ContentPart, FinishPart, ReasoningPart, ToolCallPart } from '../parts.ts'
import { sdkError } from './errors.ts'
import { FullStreamParts, type SdkPart } from './full-stream-parts.ts'

/** What {@link aiSdk} reads of the result of `streamText`. */
export interface AiSdkResult {
  readonly fullStream: AsyncIterable<TextStreamPart<ToolSet>>
}

/**
 * Reads the result of the AI SDK's `streamText` (https://ai-sdk.dev/docs/reference/ai-sdk-core/stream-text), whatever
 * provider it asks, and yields text, reasoning, tool calls, those of all steps, and at the end the finish reason with
 * the usage of all steps: `stop`, `length`, `tool_calls`, or `other`. Everything else is an empty content part: a sign
 * that the provider is alive.
 *
 * Hand `signal` to `streamText` as its `abortSignal`: only so does Stop reach the provider. Set its `maxRetries` to 0,
 * so that the definition's retry policy decides.
 * @throws {StreamingError} for everything that goes wrong: the errors that `textStream` swallows, `content_filter` for an
 * answer that was withheld, `connection_lost` for one that ended without a reason.
 *
 * @example
 * run: ({ input, signal }) =>
 *   aiSdk(streamText({ model, messages: input.messages, abortSignal: signal, maxRetries: 0 }))
 */
export async function* aiSdk(
  result: AiSdkResult,
): AsyncGenerator<ContentPart | ReasoningPart | ToolCallPart | FinishPart, void, void> {
  const stream = new FullStreamParts()
  const parts: SdkPart[] = []
  try {
    for await (const said of result.fullStream) {
      stream.take(said, parts)
      for (const part of parts) yield part
      parts.length = 0
      if (stream.isWhole) return
    }
  } catch (error) {
    throw sdkError(error)
  }
  throw new StreamingError('connection_lost', 'The provider’s answer broke off.')
}
