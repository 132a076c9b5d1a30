import type { StreamEvent, StreamRetryEvent, ToolCallChunkEvent } from '@sluice/core'
import type { Kept, ToolCall } from './snapshot.ts'

/**
 * The one reducer: events in, what they say so far out. It expects them in order and without gap or repeat.
 *
 * A `stream_retry` makes what came after `keep_until` void, so it has to know how long the text was then. One
 * number per event says that, the length that the event added, negative for reasoning. The strings themselves
 * are not kept twice.
 */
export class Transcript {
  /** The cursor that it began from: it can take back what came later, and nothing earlier. */
  readonly since: number
  /** The last event that is in it. */
  lastChunkId: number
  text: string
  reasoning: string
  /** A new array only when a call has changed. */
  toolCalls: readonly ToolCall[]
  readonly #seedCalls: readonly ToolCall[]
  #toolEvents: ToolCallChunkEvent[] = []
  readonly #added: number[] = []

  constructor({ lastChunkId = 0, text = '', reasoning = '', toolCalls = [] }: Partial<Kept> = {}) {
    this.since = lastChunkId
    this.lastChunkId = lastChunkId
    this.text = text
    this.reasoning = reasoning
    this.toolCalls = toolCalls
    this.#seedCalls = toolCalls
  }

  /** Whether it can take an event in: only a retry that reaches back to before it began is beyond it. */
  canApply(event: StreamEvent): boolean {
    return event.type !== 'stream_retry' || event.keep_until >= this.since
  }

  /** Takes the next event in. Types that it does not know only move the cursor. */
  apply(event: StreamEvent): void {
    let added = 0
    switch (event.type) {
      case 'content_chunk':
        this.text += event.content
        added = event.content.length
        break
      case 'reasoning_chunk':
        this.reasoning += event.content
        added = -event.content.length
        break
      case 'tool_call_chunk':
        this.#toolEvents.push(event)
        this.toolCalls = join(this.toolCalls, event)
        break
      case 'stream_retry':
        this.#takeBack(event)
        break
    }
    this.#added.push(added)
    this.lastChunkId = event.chunk_id
  }

  #takeBack({ keep_until }: StreamRetryEvent): void {
    let textLength = this.text.length
    let reasoningLength = this.reasoning.length
    for (let index = this.#added.length - 1; index >= Math.max(0, keep_until - this.since); index -= 1) {
      const added = this.#added[index]!
      if (added > 0) textLength -= added
      else reasoningLength += added
      // A second retry that reaches back further must not take it back again.
      this.#added[index] = 0
    }
    this.text = this.text.slice(0, textLength)
    this.reasoning = this.reasoning.slice(0, reasoningLength)

    const kept = this.#toolEvents.filter((event) => event.chunk_id <= keep_until)
    if (kept.length < this.#toolEvents.length) {
      this.#toolEvents = kept
      this.toolCalls = kept.reduce(join, this.#seedCalls)
    }
  }
}

function join(calls: readonly ToolCall[], event: ToolCallChunkEvent): readonly ToolCall[] {
  const at = calls.findIndex((call) => call.index === event.index)
  const before = calls[at]
  const call: ToolCall = {
    index: event.index,
    id: event.id ?? before?.id ?? null,
    name: event.name ?? before?.name ?? null,
    arguments: (before?.arguments ?? '') + (event.arguments ?? ''),
  }
  return before === undefined ? [...calls, call] : calls.with(at, call)
}
