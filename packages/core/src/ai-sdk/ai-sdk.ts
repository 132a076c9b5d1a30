import type { ModelMessage, TextStreamPart, ToolSet } from 'ai'
import { StreamingError } from '../errors.ts'
import type {
  ContentPart,
  FilePart,
  FinishPart,
  ReasoningPart,
  SourcePart,
  ToolCallPart,
  ToolResultPart,
} from '../parts.ts'
import { sdkError } from './errors.ts'
import { FullStreamParts, type SdkPart } from './full-stream-parts.ts'

/** The part of the result of `streamText` that {@link aiSdk} reads. */
export interface AiSdkResult {
  readonly fullStream: AsyncIterable<TextStreamPart<ToolSet>>
  /** The messages of all steps, for the next request. */
  readonly responseMessages?: PromiseLike<readonly ModelMessage[]>
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
): AsyncGenerator<
  ContentPart | ReasoningPart | ToolCallPart | ToolResultPart | SourcePart | FilePart | FinishPart,
  void,
  void
> {
  const stream = new FullStreamParts()
  const parts: SdkPart[] = []
  let finish: FinishPart | undefined
  try {
    // To its end: only then are the messages there.
    for await (const said of result.fullStream) {
      stream.take(said, parts)
      for (const part of parts) {
        if (part.type === 'finish') finish = part
        else yield part
      }
      parts.length = 0
    }
  } catch (error) {
    throw sdkError(error)
  }
  if (finish === undefined) throw new StreamingError('connection_lost', 'The provider’s answer broke off.')
  yield { ...finish, ...(await messagesOf(result)) }
}

/** A single-consumer result has no messages; one whose last step failed has none either. */
async function messagesOf({ responseMessages }: AiSdkResult): Promise<{ readonly message?: unknown }> {
  try {
    const message = await responseMessages
    return message === undefined ? {} : { message }
  } catch {
    return {}
  }
}
