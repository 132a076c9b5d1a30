import type { OpenAI } from 'openai'
import type { RetryPolicy } from '../backoff.ts'
import type { ContentPart, FilePart, FinishPart, ReasoningPart, SourcePart, ToolCallPart } from '../parts.ts'
import { ALIVE } from '../provider/alive.ts'
import { ProviderResponse } from './provider-response.ts'
import { type ResponsePart, ResponseParts } from './response-parts.ts'

/** The parameters of {@link openaiResponses}: the Responses API's own ones. It always streams. */
export type OpenAIResponsesParams = Omit<OpenAI.Responses.ResponseCreateParamsStreaming, 'stream'>

/** The part of an `openai` client that {@link openaiResponses} uses. */
export type OpenAIResponsesClient = Pick<OpenAI, 'responses'>

/** How {@link openaiResponses} goes about it. */
export interface OpenAIResponsesOptions {
  /** Aborts the request, the waits, and a background response at the provider. */
  readonly signal?: AbortSignal | undefined
  /**
   * How often, and after what waits, a background response whose connection broke is taken up again.
   * @default { baseMs: 250, capMs: 4_000, floorMs: 0, maxRetries: 8, maxElapsedMs: 20_000, stableMs: 5_000 }
   */
  readonly resume?: Partial<RetryPolicy> | undefined
  /**
   * How long a background response that nobody wants any more may take to be cancelled, in milliseconds; also how
   * long to wait for its id if it is not known yet.
   * @default 5_000
   */
  readonly cancelTimeoutMs?: number | undefined
  /** The id of a background response that another process had begun: it is read from its beginning. */
  readonly checkpoint?: string | undefined
  /**
   * Gets the id of a background response once it is known. With both, which `run` is given, a definition that asks
   * for a restart with `onProducerLost` goes on with the response of the server that died, and is billed once.
   */
  readonly saveCheckpoint?: ((checkpoint: string) => void) | undefined
}

/**
 * Asks the Responses API, at OpenAI or any server that speaks its wire, and yields text, refusals (as text, and
 * `finishReason` is then `refusal`), reasoning (texts and summaries, a blank line between two of them), calls of
 * functions and of custom tools (whose input is not JSON), and at the end the finish reason with the usage: `stop`,
 * `tool_calls`, `refusal`, `length`, or what else the provider says of an incomplete response.
 *
 * With `background: true` the response runs at the provider without its connections. When one breaks, or a new one is
 * refused by something that passes (5xx, 429), it is taken up after the last event that came, by `sequence_number`:
 * nothing is lost, repeated or generated twice. If that is not possible (OpenAI refuses it for a response that is
 * more than five minutes old) the error that broke it is thrown, so that the run's own policy decides. Hanging up does not stop a background response, nor its bill: it is cancelled when
 * `signal` aborts, when the reader leaves, and when it is given up; the generator ends after that. Such a response may
 * be queued, or think, for minutes without a part: set the definition's `timeouts` accordingly.
 *
 * Handed the whole context of `run` instead of its `signal`, such a response also outlives the server that asked for
 * it, if the definition says so with `onProducerLost`.
 *
 * The client's own retries are off: the definition's retry policy decides, and the log shows what it did.
 * @throws {StreamingError} for everything that goes wrong: `connection_lost` for an answer that ends without a
 * terminal event, `connection_closed` when `signal` aborts, `content_filter` for an answer that was cut by it.
 *
 * @example
 * run: ({ input, signal }) =>
 *   openaiResponses(openai, { model: 'gpt-5', input: input.question, background: true }, { signal })
 */
export async function* openaiResponses(
  client: OpenAIResponsesClient,
  params: OpenAIResponsesParams,
  options: OpenAIResponsesOptions = {},
): AsyncGenerator<
  ContentPart | ReasoningPart | ToolCallPart | SourcePart | FilePart | FinishPart,
  void,
  void
> {
  const response = new ResponseParts()
  const parts: ResponsePart[] = []
  for await (const event of new ProviderResponse({ client, params, ...options }).events()) {
    if (event !== undefined) response.take(event, parts)
    if (parts.length === 0) yield ALIVE
    for (const part of parts) yield part
    parts.length = 0
  }
}
