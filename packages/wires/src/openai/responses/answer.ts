import type { StreamRecord } from '@sluice/core/server'
import type { TextAround, WireMessage } from '@sluice/core/transport'
import { responseIdOf } from '../ids.ts'
import type { ResponseUsage } from '../usage.ts'
import type { OutputItem, ResponseObject, ResponseStatus } from './items.ts'

/** The text around the number and the delta of an event. */
export type NumberedAround = Required<TextAround>

/** The text around a delta, of which only the number and the delta differ. `head` and `tail` are JSON. */
export function deltaAround(event: string, head: string, tail = ''): NumberedAround {
  const before = `{"type":"${event}","sequence_number":`
  return { event, before, afterNumber: `,${head}"delta":`, after: `${tail}}` }
}

/** A response as it grows, and the numbered events that say so. */
export class Answer {
  readonly model: string
  readonly #record: StreamRecord
  readonly #output: OutputItem[] = []
  #messages: WireMessage[] = []
  #next = 0
  status: ResponseStatus = 'in_progress'
  usage: ResponseUsage | null = null
  error: ResponseObject['error'] = null
  incompleteReason: string | null = null
  #completedAt: number | null = null

  constructor(record: StreamRecord, model: string) {
    this.#record = record
    this.model = model
  }

  /** The messages since the last call. */
  take(): readonly WireMessage[] {
    const messages = this.#messages
    this.#messages = []
    return messages
  }

  /** The id of an item that began with the event `chunkId`. */
  idOf(prefix: string, chunkId: number): string {
    return `${prefix}_${this.#record.streamId}_${chunkId}`
  }

  say(type: string, fields: object): void {
    this.#messages.push({ event: type, data: { type, sequence_number: this.#next++, ...fields } })
  }

  /** As `say`, for the events that bring most of an answer. */
  sayDelta({ event, before, afterNumber, after }: NumberedAround, delta: string): void {
    const data = `${before}${this.#next++}${afterNumber}${JSON.stringify(delta)}${after}`
    this.#messages.push({ event, data })
  }

  /** So many events were said without it. */
  pass(events: number): void {
    this.#next += events
  }

  sayResponse(type: string): void {
    this.say(type, { response: this.response() })
  }

  completeAfter(durationMs: number): void {
    this.#completedAt = Math.floor((this.#record.createdAt + durationMs) / 1000)
  }

  /** Adds an item, and says so. Returns its place. */
  addItem(item: OutputItem): number {
    const place = this.#output.push(item) - 1
    this.say('response.output_item.added', { output_index: place, item })
    return place
  }

  /** Puts an item in place of what it was, without saying so. */
  setItem(place: number, item: OutputItem): void {
    this.#output[place] = item
  }

  /** The item is whole. */
  endItem(place: number, item: OutputItem): void {
    this.setItem(place, item)
    this.say('response.output_item.done', { output_index: place, item })
  }

  response(): ResponseObject {
    const { streamId, createdAt, thread } = this.#record
    return {
      id: responseIdOf(streamId),
      object: 'response',
      created_at: Math.floor(createdAt / 1000),
      completed_at: this.#completedAt,
      status: this.status,
      model: this.model,
      output: [...this.#output],
      error: this.error,
      incomplete_details: this.incompleteReason === null ? null : { reason: this.incompleteReason },
      usage: this.usage,
      background: true,
      conversation: thread === undefined ? null : { id: thread },
      instructions: null,
      max_output_tokens: null,
      metadata: {},
      parallel_tool_calls: true,
      previous_response_id: null,
      temperature: null,
      tool_choice: 'auto',
      tools: [],
      top_p: null,
    }
  }
}
