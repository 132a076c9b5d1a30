import type { GenerateContentParameters, GoogleGenAI } from '@google/genai'
import type { ContentPart, FilePart, FinishPart, ReasoningPart, SourcePart, ToolCallPart } from '../parts.ts'
import { closed, openWire, type Wire } from '../provider/wire.ts'
import { ContentAnswer, type GeminiPart } from './content-answer.ts'
import { geminiError } from './errors.ts'

/** The part of a `@google/genai` client that {@link geminiContent} uses. */
export type GeminiClient = Pick<GoogleGenAI, 'models'>

/** Options of {@link geminiContent}. */
export interface GeminiContentOptions {
  /** Aborts the request. Google may go on with the generation, and bill it. */
  readonly signal?: AbortSignal | undefined
}

/** How long a chunk may follow the one with the finish reason. */
const END_OF_BODY_MS = 1_000

/**
 * Asks Gemini's `streamGenerateContent` (https://ai.google.dev/api/generate-content) and yields text, thoughts as
 * reasoning, function calls, and at the end the finish reason with the usage: `stop`, `length` (`MAX_TOKENS`),
 * `tool_calls` (`STOP` with a function call), or what else Gemini says, in lower case. `output_tokens` counts thoughts
 * too, as OpenAI's does.
 *
 * The client's own retries are off: the definition's retry policy decides. 429, 500 and 503 are retried, 400 and 401 are
 * not; Google's `RetryInfo` is the shortest wait. The client shows no headers, so `Retry-After` is not known.
 * @throws {StreamingError} for everything that goes wrong: `content_filter` for a prompt or an answer that Google
 * withheld, `connection_lost` for an answer that ends without a finish reason.
 *
 * @example
 * run: ({ input, signal }) =>
 *   geminiContent(gemini, { model: 'gemini-2.5-flash', contents: input.question }, { signal })
 */
export async function* geminiContent(
  client: GeminiClient,
  params: GenerateContentParameters,
  { signal }: GeminiContentOptions = {},
): AsyncGenerator<
  ContentPart | ReasoningPart | ToolCallPart | SourcePart | FilePart | FinishPart,
  void,
  void
> {
  const answer = new ContentAnswer()
  const parts: GeminiPart[] = []
  // The client's generator cannot be left while it waits for a chunk: only an abort closes its connection.
  const connection = new AbortController()
  const signals = [signal, params.config?.abortSignal, connection.signal].filter((one) => one !== undefined)
  const config = {
    ...params.config,
    abortSignal: AbortSignal.any(signals),
    httpOptions: { ...params.config?.httpOptions, retryOptions: { attempts: 1 } },
  }
  let wire: Wire | undefined
  try {
    if (signal?.aborted) throw closed(signal)
    wire = await openWire(client.models.generateContentStream({ ...params, config }))
    for (;;) {
      const items = await wire.read()
      if (items === undefined) break
      for (const item of items) {
        // After a Stop, the rest of the last packet is discarded.
        if (signal?.aborted) throw closed(signal)
        answer.take(item, parts)
        for (const part of parts) yield part
        parts.length = 0
      }
      wire.endWithin(answer.isWhole ? END_OF_BODY_MS : undefined)
    }
  } catch (error) {
    if (!answer.isWhole) throw geminiError(error, answer.chunks + 1)
  } finally {
    wire?.release(false)
    connection.abort()
  }
  yield answer.finish()
}
