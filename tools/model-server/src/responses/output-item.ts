import type {
  ResponseFunctionToolCall,
  ResponseOutputMessage,
  ResponseOutputRefusal,
  ResponseOutputText,
  ResponseReasoningItem,
  ResponseStreamEvent,
} from 'openai/resources/responses/responses'
import type { Segment } from '../answers/plan.ts'
import { alphanumericId, hexId } from '../api/ids.ts'

/** How far an item is. */
export type ItemStatus = 'in_progress' | 'completed' | 'incomplete'

type EventOf<Event> = Event extends { sequence_number: number } ? Omit<Event, 'sequence_number'> : never

/** An event before it has its number. */
export type ItemEvent = EventOf<ResponseStreamEvent>

/** An item of the output while it is being said: a message, a reasoning or a call. */
export interface OutputItem {
  /** The event type of its deltas. */
  readonly deltaType: string
  /** The fields that each of its deltas has besides `delta`. */
  readonly deltaFields: Readonly<Record<string, unknown>>
  /** The events that open it. */
  opening(): readonly ItemEvent[]
  /** The events that close it. */
  closing(text: string, status: ItemStatus): readonly ItemEvent[]
  /** The item as it stands. */
  snapshot(
    text: string,
    status: ItemStatus,
  ): ResponseOutputMessage | ResponseReasoningItem | ResponseFunctionToolCall
}

/** Begins the item that a segment is said in. */
export function outputItem(segment: Segment, outputIndex: number): OutputItem {
  switch (segment.kind) {
    case 'reasoning':
      return reasoningItem(outputIndex)
    case 'tool_call':
      return callItem(outputIndex, segment.toolName ?? '')
    case 'refusal':
      return messageItem(outputIndex, 'refusal')
    case 'text':
      return messageItem(outputIndex, 'text')
  }
}

function messageItem(output_index: number, kind: 'text' | 'refusal'): OutputItem {
  const item_id = hexId('msg')
  const place = { item_id, output_index, content_index: 0 }
  const part = (text: string): ResponseOutputText | ResponseOutputRefusal =>
    kind === 'text'
      ? { type: 'output_text', annotations: [], logprobs: [], text }
      : { type: 'refusal', refusal: text }
  const snapshot = (text: string, status: ItemStatus): ResponseOutputMessage => ({
    id: item_id,
    type: 'message',
    status,
    content: status === 'in_progress' && text === '' ? [] : [part(text)],
    role: 'assistant',
  })
  return {
    deltaType: kind === 'text' ? 'response.output_text.delta' : 'response.refusal.delta',
    deltaFields: kind === 'text' ? { ...place, logprobs: [] } : place,
    snapshot,
    opening: () => [
      { type: 'response.output_item.added', output_index, item: snapshot('', 'in_progress') },
      { type: 'response.content_part.added', ...place, part: part('') },
    ],
    closing: (text, status) => [
      kind === 'text'
        ? { type: 'response.output_text.done', ...place, text, logprobs: [] }
        : { type: 'response.refusal.done', ...place, refusal: text },
      { type: 'response.content_part.done', ...place, part: part(text) },
      { type: 'response.output_item.done', output_index, item: snapshot(text, status) },
    ],
  }
}

function reasoningItem(output_index: number): OutputItem {
  const item_id = hexId('rs')
  const place = { item_id, output_index, summary_index: 0 }
  const part = (text: string) => ({ type: 'summary_text' as const, text })
  const snapshot = (text: string): ResponseReasoningItem => ({
    id: item_id,
    type: 'reasoning',
    summary: text === '' ? [] : [part(text)],
  })
  return {
    deltaType: 'response.reasoning_summary_text.delta',
    deltaFields: place,
    snapshot,
    opening: () => [
      { type: 'response.output_item.added', output_index, item: snapshot('') },
      { type: 'response.reasoning_summary_part.added', ...place, part: part('') },
    ],
    closing: (text) => [
      { type: 'response.reasoning_summary_text.done', ...place, text },
      { type: 'response.reasoning_summary_part.done', ...place, part: part(text) },
      { type: 'response.output_item.done', output_index, item: snapshot(text) },
    ],
  }
}

function callItem(output_index: number, name: string): OutputItem {
  const item_id = hexId('fc')
  const call_id = alphanumericId('call_', 24)
  const snapshot = (text: string, status: ItemStatus): ResponseFunctionToolCall => ({
    id: item_id,
    type: 'function_call',
    status,
    arguments: text,
    call_id,
    name,
  })
  return {
    deltaType: 'response.function_call_arguments.delta',
    deltaFields: { item_id, output_index },
    snapshot,
    opening: () => [{ type: 'response.output_item.added', output_index, item: snapshot('', 'in_progress') }],
    closing: (text, status) => [
      { type: 'response.function_call_arguments.done', item_id, output_index, arguments: text },
      { type: 'response.output_item.done', output_index, item: snapshot(text, status) },
    ],
  }
}
