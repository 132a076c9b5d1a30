import type { OpenAI } from 'openai'
import { StreamingError } from '../errors.ts'
import type { Usage } from '../events.ts'
import type { ContentPart, FinishPart, ReasoningPart, ToolCallPart } from '../parts.ts'
import { openaiError } from './errors.ts'

type ChatParams = OpenAI.Chat.ChatCompletionCreateParamsStreaming
type ChatDelta = OpenAI.Chat.ChatCompletionChunk.Choice.Delta

/** What {@link openaiChat} asks for: Chat Completions' own parameters. It always streams. */
export type OpenAIChatParams = Omit<ChatParams, 'stream' | 'n'>

/** The part of an `openai` client that {@link openaiChat} uses. */
export type OpenAIChatClient = Pick<OpenAI, 'chat'>

/** Reasoning is not in OpenAI's Chat Completions; DeepSeek, vLLM, OpenRouter and Ollama send it beside `content`. */
interface ReasoningDelta {
  readonly reasoning_content?: string | null
  readonly reasoning?: string | null
}

/**
 * Asks Chat Completions, at OpenAI or any server that speaks its wire, and yields text, refusals (as text, and
 * `finishReason` is then `refusal`), reasoning, tool calls, and at the end the finish reason with the usage.
 *
 * The client's own retries are off: the definition's retry policy decides, and the log shows what it did.
 * @throws {StreamingError} for everything that goes wrong, an answer that ends without a finish reason included.
 */
export async function* openaiChat(
  client: OpenAIChatClient,
  params: OpenAIChatParams,
  { signal }: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<ContentPart | ReasoningPart | ToolCallPart | FinishPart, void, void> {
  let finishReason: string | undefined
  let usage: Usage | undefined
  let isRefusal = false
  try {
    const body: ChatParams = { stream_options: { include_usage: true }, ...params, stream: true }
    const stream = await client.chat.completions.create(body, { signal, maxRetries: 0 })
    for await (const chunk of stream) {
      if (chunk.usage) usage = toUsage(chunk.usage)
      const choice = chunk.choices[0]
      if (choice === undefined) continue
      if (choice.delta?.refusal) isRefusal = true
      yield* partsOf(choice.delta)
      finishReason = choice.finish_reason ?? finishReason
    }
  } catch (error) {
    // After the finish reason only the usage is missing: the answer is whole.
    if (finishReason === undefined) throw openaiError(error)
  }
  if (finishReason === 'content_filter') throw new StreamingError('content_filter')
  if (finishReason === undefined) {
    throw new StreamingError('connection_lost', 'The provider’s answer broke off.')
  }
  yield { type: 'finish', finishReason: isRefusal ? 'refusal' : finishReason, ...(usage && { usage }) }
}

function* partsOf(
  delta: ChatDelta & ReasoningDelta = {},
): Generator<ContentPart | ReasoningPart | ToolCallPart> {
  const reasoning = delta.reasoning_content ?? delta.reasoning
  if (reasoning) yield { type: 'reasoning', content: reasoning }
  if (delta.content) yield { type: 'content', content: delta.content }
  if (delta.refusal) yield { type: 'content', content: delta.refusal }
  for (const { index, id, function: call } of delta.tool_calls ?? []) {
    yield {
      type: 'tool_call',
      index,
      ...(id && { id }),
      ...(call?.name && { name: call.name }),
      ...(call?.arguments && { arguments: call.arguments }),
    }
  }
}

function toUsage(usage: OpenAI.CompletionUsage): Usage {
  const cached = usage.prompt_tokens_details?.cached_tokens
  const reasoning = usage.completion_tokens_details?.reasoning_tokens
  return {
    input_tokens: usage.prompt_tokens,
    output_tokens: usage.completion_tokens,
    total_tokens: usage.total_tokens,
    ...(cached === undefined ? {} : { cached_tokens: cached }),
    ...(reasoning === undefined ? {} : { reasoning_tokens: reasoning }),
  }
}
