import type { DataChunkEvent, StreamEvent, TerminalEvent, ToolCallChunkEvent } from './events.ts'

/** A tool call, its fragments joined. */
export interface ToolCall {
  /** The number of this call. No other call of the stream has it. */
  readonly index: number
  /** The provider's id of this call; `null` until a fragment has one. */
  readonly id: string | null
  /** The name of the tool; `null` until a fragment has one. */
  readonly name: string | null
  /** JSON text, as the model wrote it. It is whole if the stream is complete. */
  readonly arguments: string
}

/** What the events of a stream say together. A {@link Transcript} is one, and can begin from one. */
export interface TranscriptContent {
  /** The `chunk_id` of the last event that is in it; 0 for none. */
  readonly lastChunkId: number
  /** The answer's text. */
  readonly text: string
  /** The reasoning's text. */
  readonly reasoning: string
  /** The tool calls, in the order in which they began. */
  readonly toolCalls: readonly ToolCall[]
  /** The application's own parts, as the events that brought them. */
  readonly data: readonly DataChunkEvent[]
}

/**
 * Reduces the events of a stream to what they say: text, reasoning, tool calls, data, and the end. The server (for
 * `onEnd`), the client's session, and any reader of a log use this one reducer, so they cannot disagree. The rules
 * are in `PROTOCOL.md`, "Events".
 *
 * It expects events in order, without gap or repeat.
 *
 * @example
 * const transcript = new Transcript()
 * for await (const event of handle.read()) transcript.apply(event)
 * console.log(transcript.text, transcript.end)
 */
export class Transcript implements TranscriptContent {
  /** The `chunk_id` that it began from. It can take back what came later, and nothing earlier. */
  readonly since: number
  lastChunkId: number
  text: string
  reasoning: string
  /** The terminal event, if it has come. */
  end: TerminalEvent | undefined
  /** By chunk_id, counted from `since`: how much text that event added, negative for reasoning. */
  readonly #lengths: number[] = []
  readonly #startCalls: readonly ToolCall[]
  #calls = new Map<number, ToolCall>()
  /** All events that count and bring no text. */
  #events: PartEvent[]
  /** What the getters gave, until it changes. */
  #lists: { toolCalls?: readonly ToolCall[]; data?: readonly DataChunkEvent[] } = {}

  /** @param start What is known already. @default nothing */
  constructor({
    lastChunkId = 0,
    text = '',
    reasoning = '',
    toolCalls = [],
    data = [],
  }: Partial<TranscriptContent> = {}) {
    this.since = lastChunkId
    this.lastChunkId = lastChunkId
    this.text = text
    this.reasoning = reasoning
    this.#startCalls = toolCalls
    this.#events = []
    this.#begin(data)
  }

  /** The same array until a call changes. */
  get toolCalls(): readonly ToolCall[] {
    this.#lists.toolCalls ??= [...this.#calls.values()]
    return this.#lists.toolCalls
  }

  /** The same array until data comes or becomes void. */
  get data(): readonly DataChunkEvent[] {
    this.#lists.data ??= this.#events.filter((event) => event.type === 'data_chunk')
    return this.#lists.data
  }

  /** Whether it can take an event in. It cannot if the event is a retry that reaches back to before `since`. */
  canApply(event: StreamEvent): boolean {
    return event.type !== 'stream_retry' || this.since === 0 || event.keep_until >= this.since
  }

  /**
   * Takes the next event in.
   * @returns `false` if the event says nothing here, because its type is unknown or its fields are not of its type. It
   * only moves the cursor then.
   */
  apply(event: StreamEvent): boolean {
    this.lastChunkId = event.chunk_id
    switch (event.type) {
      case 'content_chunk':
      case 'reasoning_chunk':
        return this.addText(event.type, event.chunk_id, event.content)
      case 'tool_call_chunk':
        return Number.isSafeInteger(event.index) && this.#add(event)
      case 'data_chunk':
        return this.#add(event)
      case 'stream_retry':
        return Number.isSafeInteger(event.keep_until) && this.#takeBack(event.keep_until)
      case 'stream_complete':
      case 'stream_error':
      case 'stream_cancelled':
        this.end = event
        return true
    }
    return event.type === 'stream_start'
  }

  /** As {@link Transcript.apply} of the text event with these fields, without an object for it. */
  addText(type: 'content_chunk' | 'reasoning_chunk', chunkId: number, text: string): boolean {
    this.lastChunkId = chunkId
    if (typeof text !== 'string') return false
    const isContent = type === 'content_chunk'
    if (isContent) this.text += text
    else this.reasoning += text
    this.#lengths[chunkId - this.since - 1] = isContent ? text.length : 0 - text.length
    return true
  }

  #add(event: PartEvent): true {
    this.#events.push(event)
    if (event.type === 'data_chunk') delete this.#lists.data
    else {
      delete this.#lists.toolCalls
      const { index } = event
      const { id, name, arguments: before = '' } = this.#calls.get(index) ?? {}
      this.#calls.set(index, {
        index,
        id: id || textOf(event.id) || null,
        name: name || textOf(event.name) || null,
        arguments: before + textOf(event.arguments),
      })
    }
    return true
  }

  #takeBack(keepUntil: number): true {
    let textLength = this.text.length
    let reasoningLength = this.reasoning.length
    for (let at = this.#lengths.length - 1; at >= Math.max(0, keepUntil - this.since); at -= 1) {
      const length = this.#lengths[at] ?? 0
      if (length > 0) textLength -= length
      else reasoningLength += length
      // A later retry that reaches back further must not take it back again.
      this.#lengths[at] = 0
    }
    this.text = this.text.slice(0, textLength)
    this.reasoning = this.reasoning.slice(0, reasoningLength)
    const kept = this.#events.filter((event) => event.chunk_id <= keepUntil)
    if (kept.length < this.#events.length) this.#begin(kept)
    return true
  }

  /** What is known at the start, and these events. */
  #begin(events: readonly PartEvent[]): void {
    this.#calls = new Map(this.#startCalls.map((call) => [call.index, call]))
    this.#events = []
    this.#lists = {}
    for (const event of events) this.#add(event)
  }
}

/** The events that bring a part that is not text. */
type PartEvent = ToolCallChunkEvent | DataChunkEvent

/** What is no text says nothing: `null` must not become "null". */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
