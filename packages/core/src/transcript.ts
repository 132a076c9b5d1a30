import type {
  ChunkEvent,
  ContentChunkEvent,
  DataChunkEvent,
  FileEvent,
  ReasoningChunkEvent,
  SourceEvent,
  StreamEvent,
  TerminalEvent,
  ToolResultEvent,
} from './events.ts'

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
  /** The event that brought its result; absent until it came. */
  readonly result?: ToolResultEvent
}

/** Where a part of a transcript begins. */
export interface PartBegin {
  readonly type: 'text' | 'reasoning' | 'tool_call' | 'data_chunk' | 'source' | 'file'
  /** The event that it began with. */
  readonly chunkId: number
  /** Of text and reasoning: how many UTF-16 units of the whole text come before it. Else 0. */
  readonly from: number
}

/** A part of a transcript, in its place: {@link partsOf}. */
export type TranscriptPart =
  | { readonly type: 'text' | 'reasoning'; readonly text: string }
  | ({ readonly type: 'tool_call' } & ToolCall)
  | DataChunkEvent
  | SourceEvent
  | FileEvent

/** The content of a stream's events together. A {@link Transcript} is one, and can begin from one. */
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
  /** The sources and citations, as the events that brought them. */
  readonly sources: readonly SourceEvent[]
  /** The files, as the events that brought them. */
  readonly files: readonly FileEvent[]
  /**
   * The order in which the parts began; {@link partsOf} puts them together. Text goes on over a source, which it
   * cites, and begins anew after anything else.
   */
  readonly order: readonly PartBegin[]
}

/**
 * Reduces the events of a stream to what they say: text, reasoning, tool calls with their
 * results, data, sources, files, and the end. The server (for
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
  /** The lists that the getters returned, until they change. */
  #lists: Partial<Record<PartEvent['type'], readonly PartEvent[]>> = {}
  #toolCalls: readonly ToolCall[] | undefined
  #begins: PartBegin[] = []
  #order: readonly PartBegin[] | undefined
  /** The type of the part that text would go on with. */
  #open: PartBegin['type'] | undefined

  /** @param start The content that is known already. @default nothing */
  constructor({
    lastChunkId = 0,
    text = '',
    reasoning = '',
    toolCalls = [],
    data = [],
    sources = [],
    files = [],
    order = [],
  }: Partial<TranscriptContent> = {}) {
    this.since = lastChunkId
    this.lastChunkId = lastChunkId
    this.text = text
    this.reasoning = reasoning
    this.#startCalls = toolCalls
    this.#events = []
    this.#keepBegins(order)
    this.#begin([...data, ...sources, ...files])
  }

  /** The same array until a call changes. */
  get toolCalls(): readonly ToolCall[] {
    this.#toolCalls ??= [...this.#calls.values()]
    return this.#toolCalls
  }

  /** The same array until data comes or becomes void. */
  get data(): readonly DataChunkEvent[] {
    return this.#list('data_chunk')
  }

  /** The same array until a source comes or becomes void. */
  get sources(): readonly SourceEvent[] {
    return this.#list('source')
  }

  /** The same array until a file comes or becomes void. */
  get files(): readonly FileEvent[] {
    return this.#list('file')
  }

  /** The same array until a part begins or becomes void. */
  get order(): readonly PartBegin[] {
    this.#order ??= [...this.#begins]
    return this.#order
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
      case 'tool_result':
        if (!Number.isSafeInteger(event.index)) return false
        if (!this.#calls.has(event.index)) this.#mark('tool_call', event.chunk_id)
        return this.#add(event)
      case 'data_chunk':
      case 'source':
      case 'file':
        this.#mark(event.type, event.chunk_id)
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
    const part = isContent ? 'text' : 'reasoning'
    if (this.#open !== part) this.#mark(part, chunkId, this[part].length)
    if (isContent) this.text += text
    else this.reasoning += text
    this.#lengths[chunkId - this.since - 1] = isContent ? text.length : 0 - text.length
    return true
  }

  #mark(type: PartBegin['type'], chunkId: number, from = 0): void {
    this.#begins.push({ type, chunkId, from })
    this.#order = undefined
    if (type !== 'source') this.#open = type
  }

  #keepBegins(begins: readonly PartBegin[]): void {
    this.#begins = [...begins]
    this.#order = undefined
    this.#open = begins.findLast(({ type }) => type !== 'source')?.type
  }

  #list<T extends PartEvent['type']>(type: T): readonly Extract<PartEvent, { type: T }>[] {
    this.#lists[type] ??= this.#events.filter((event) => event.type === type)
    return this.#lists[type] as readonly Extract<PartEvent, { type: T }>[]
  }

  #add(event: PartEvent): true {
    this.#events.push(event)
    delete this.#lists[event.type]
    const isResult = event.type === 'tool_result'
    if (isResult || event.type === 'tool_call_chunk') {
      const { index } = event
      const call = this.#calls.get(index) ?? { id: null, name: null, arguments: '' }
      this.#calls.set(index, {
        ...call,
        index,
        id: call.id || textOf(event.id) || null,
        ...(isResult
          ? { result: event }
          : {
              name: call.name || textOf(event.name) || null,
              arguments: call.arguments + textOf(event.arguments),
            }),
      })
      this.#toolCalls = undefined
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
    this.#keepBegins(this.#begins.filter(({ chunkId }) => chunkId <= keepUntil))
    return true
  }

  /** Begins from the calls that are known at the start, and adds these events. */
  #begin(events: readonly PartEvent[]): void {
    this.#calls = new Map(this.#startCalls.map((call) => [call.index, call]))
    this.#events = []
    this.#lists = {}
    this.#toolCalls = undefined
    for (const event of events) this.#add(event)
  }
}

/**
 * The parts of an answer in the order in which they began: reasoning, text, a tool call, more text, … A call stands in
 * the place of its first fragment. Content that `order` does not name was kept without it, and comes first.
 *
 * @example
 * const parts = partsOf(transcript)
 */
export function partsOf({
  order,
  reasoning,
  text,
  toolCalls,
  data,
  sources,
  files,
}: Omit<TranscriptContent, 'lastChunkId'>): TranscriptPart[] {
  const texts = { reasoning, text }
  const calls = toolCalls.map((call) => ({ type: 'tool_call', ...call }) as const)
  const lists = { tool_call: calls, data_chunk: [...data], source: [...sources], file: [...files] }
  const parts: TranscriptPart[] = []
  const take = (type: 'reasoning' | 'text', from: number) => {
    const part = texts[type].slice(from)
    texts[type] = texts[type].slice(0, from)
    if (part) parts.push({ type, text: part })
  }
  for (const { type, from } of [...order].reverse()) {
    if (type === 'text' || type === 'reasoning') take(type, from)
    else parts.push(...lists[type].splice(-1))
  }
  for (const list of [lists.file, lists.source, lists.data_chunk, calls]) parts.push(...list.reverse())
  take('text', 0)
  take('reasoning', 0)
  return parts.reverse()
}

/** The events that bring a part that is not text. */
type PartEvent = Exclude<ChunkEvent, ContentChunkEvent | ReasoningChunkEvent>

/** The empty text for a value that is no text: `null` must not become "null". */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
