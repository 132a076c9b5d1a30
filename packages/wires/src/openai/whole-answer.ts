import { type StreamEvent, StreamingError } from '@sluice/core'
import type { StreamRecord } from '@sluice/core/server'
import type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatFinishReason,
  ChunkDelta,
  ToolCallDelta,
} from './chat/chunks.ts'
import { ChatTranslator } from './chat/translator.ts'
import { cancelledError } from './errors.ts'
import type { ResponseObject } from './responses/items.ts'
import { ResponseTranslator } from './responses/translator.ts'

/**
 * The events of a stream, without those that a retry has made void: this answer is sent whole, so it can begin anew.
 * @param through The `chunk_id` of the last event to read. @default that of the last of the stream
 */
export async function readAnswer(
  read: AsyncIterable<StreamEvent>,
  through = Number.POSITIVE_INFINITY,
): Promise<readonly StreamEvent[]> {
  let events: StreamEvent[] = []
  for await (const event of read) {
    if (event.type === 'stream_retry') events = events.filter(({ chunk_id }) => chunk_id <= event.keep_until)
    else events.push(event)
    if (event.chunk_id >= through) break
  }
  return events
}

/**
 * The chat completion that the events of an ended stream are: what a client makes of the chunks.
 * @throws {StreamingError} if the stream failed, or was stopped
 */
export function completionOf(record: StreamRecord, events: readonly StreamEvent[]): ChatCompletion {
  checkEnd(events)
  const translator = new ChatTranslator(record, { includeUsage: true })
  const chunks = events.flatMap((event) => translator.push(event)).map(({ data }) => data)
  return joined(chunks.filter((chunk) => typeof chunk === 'object') as ChatCompletionChunk[])
}

/**
 * A program that asked for a whole answer takes each for one: half an answer has to be an error.
 * @throws {StreamingError} if the stream failed, or was stopped
 */
export function checkEnd(events: readonly StreamEvent[]): void {
  const end = events.at(-1)
  if (end?.type === 'stream_error') throw StreamingError.fromWire(end)
  if (end?.type === 'stream_cancelled') throw cancelledError()
}

/** The response that the events of a stream are so far. */
export function responseOf(record: StreamRecord, events: readonly StreamEvent[]): ResponseObject {
  const translator = new ResponseTranslator(record)
  for (const event of events) translator.push(event)
  return translator.response
}

type Calls = { id: string; type: 'function'; function: { name: string; arguments: string } }[]

function joined(chunks: readonly ChatCompletionChunk[]): ChatCompletion {
  let content = ''
  let reasoning = ''
  const calls: Calls = []
  let annotations: ChunkDelta['annotations']
  let finishReason: ChatFinishReason = 'stop'
  for (const { choices } of chunks) {
    for (const { delta, finish_reason } of choices) {
      content += delta.content ?? ''
      reasoning += delta.reasoning_content ?? ''
      for (const call of delta.tool_calls ?? []) addCall(calls, call)
      annotations = delta.annotations ?? annotations
      finishReason = finish_reason ?? finishReason
    }
  }
  const { id, created, model } = chunks[0]!
  const usage = chunks.at(-1)?.usage
  const message = {
    role: 'assistant' as const,
    // As on OpenAI's servers: a message of calls alone has no text.
    content: content === '' && calls.length > 0 ? null : content,
    refusal: null,
    ...(reasoning !== '' && { reasoning_content: reasoning }),
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(annotations && { annotations }),
  }
  return {
    id,
    object: 'chat.completion',
    created,
    model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
    ...(usage && { usage }),
  }
}

function addCall(
  calls: Calls,
  { index, id = '', function: { name = '', arguments: text } }: ToolCallDelta,
): void {
  const call = calls[index]
  if (call === undefined) calls[index] = { id, type: 'function', function: { name, arguments: text } }
  else call.function.arguments += text
}
