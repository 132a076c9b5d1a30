import type {
  ContentChunkEvent,
  ReasoningChunkEvent,
  ToolCallChunkEvent,
  ToolResultEvent,
} from '@sluice/core'

/** A run of text, or of reasoning, that nothing has interrupted. */
export interface TextBlock {
  readonly kind: 'text' | 'reasoning'
  /** The `chunk_id` of its first event. */
  readonly at: number
  /** Unique in the stream, and the same in each process: `text-7`. */
  readonly id: string
}

/** A tool call, its fragments joined. */
export interface CallBlock {
  /** Its number in the stream. */
  readonly index: number
  /** The `chunk_id` of its first event. */
  readonly at: number
  /** The provider's id; `call-{at}` if the provider gave none. */
  readonly id: string
  /** The name of the tool; `unknown` if the provider gave none. */
  readonly name: string
  /** JSON text as far as it has come. */
  readonly arguments: string
}

/** What a wire makes of the blocks. The calls come in the order of the events, several for one event if need be. */
export interface BlockHandlers {
  textBegin(block: TextBlock): void
  textDelta(block: TextBlock, delta: string): void
  textEnd(block: TextBlock): void
  /** Called as soon as the call has an id and a name. `arguments` is empty then: the deltas bring them. */
  callBegin(call: CallBlock): void
  callDelta(call: CallBlock, fragment: string): void
  /**
   * No further fragment comes. `input` has the value of the arguments; it is `undefined` if they are no JSON. No arguments
   * at all are an empty object.
   */
  callEnd(call: CallBlock, input: { readonly value: unknown } | undefined): void
  /** The results of tools are there, and the provider's next round begins. @default nothing */
  nextRound?(): void
}

interface Call {
  readonly index: number
  readonly at: number
  id: string
  name: string
  arguments: string
  state: 'unnamed' | 'open' | 'ended'
  hasResult: boolean
}

/**
 * Groups the flat events of a stream into blocks that begin, grow and end, as most other formats have them.
 *
 * It can begin at any event `openSince` that an earlier one has had: from there on it calls its handlers as that one did.
 * So it remembers nothing of blocks that are over.
 *
 * - Text of one kind is one block until text of the other kind, a tool call, or `endText()` interrupts it.
 * - A call ends with its result; or with text that follows, if its arguments are whole; or with `end()`.
 * - No event marks a round. A result while no text is open is taken for the end of one: text or a call that follows
 *   begins the next.
 */
export class Blocks {
  readonly #handlers: BlockHandlers
  #text: TextBlock | undefined
  /** The calls of this round, and earlier ones that wait for their results. In the order in which they began. */
  readonly #calls = new Map<number, Call>()
  /** The `chunk_id` of the result with which the round ended; `undefined` while it goes on. */
  #roundOverAt: number | undefined

  constructor(handlers: BlockHandlers) {
    this.#handlers = handlers
  }

  /** The block of text that is open. An event of its kind only adds to it. */
  get openText(): TextBlock | undefined {
    return this.#text
  }

  /** The `chunk_id` of the oldest event that a later one may still depend on: a block began with it, or a round ended. */
  get openSince(): number | undefined {
    const [call] = this.#calls.values()
    const other = this.#text?.at ?? this.#roundOverAt
    return call === undefined || (other !== undefined && other < call.at) ? other : call.at
  }

  /** Text or reasoning. */
  text(event: ContentChunkEvent | ReasoningChunkEvent): void {
    const kind = event.type === 'content_chunk' ? 'text' : 'reasoning'
    if (this.#text?.kind !== kind) {
      this.#beginPart()
      for (const call of this.#calls.values()) this.#endCall(call, { onlyIfWhole: true })
      this.#text = { kind, at: event.chunk_id, id: `${kind}-${event.chunk_id}` }
      this.#handlers.textBegin(this.#text)
    }
    this.#handlers.textDelta(this.#text, event.content)
  }

  /** A fragment of a call. */
  call(event: ToolCallChunkEvent): void {
    const { index, id = '', name = '', arguments: fragment = '' } = event
    let call = this.#calls.get(index)
    if (call === undefined) {
      // Calls are numbered as they begin. One with a lower number is over, and may be forgotten here already.
      const newest = [...this.#calls.values()].at(-1)
      if (newest !== undefined && index < newest.index) {
        this.endText()
        return
      }
      this.#beginPart()
      const at = event.chunk_id
      call = { index, at, id: '', name: '', arguments: '', state: 'unnamed', hasResult: false }
      this.#calls.set(index, call)
    } else {
      this.endText()
    }
    if (call.state === 'ended') return
    call.id ||= id
    call.name ||= name
    if (call.state === 'unnamed' && call.id !== '' && call.name !== '') this.#nameCall(call)
    call.arguments += fragment
    if (call.state === 'open' && fragment !== '') this.#handlers.callDelta(call, fragment)
  }

  /**
   * The result of a call, which it ends.
   * @returns the call; `undefined` if it is not one of this round, nor one that waits for its result
   */
  result({ index, id, chunk_id }: ToolResultEvent): CallBlock | undefined {
    // Also if its call is not known: that depends on where the reading began, and a round must not.
    if (this.#text === undefined) this.#roundOverAt ??= chunk_id
    const call = this.#calls.get(index)
    if (call === undefined) return undefined
    call.id ||= id
    this.#endCall(call)
    call.hasResult = true
    return call
  }

  /** A part that is no text and no call, and that stands between what is before it and what comes after it: a file. */
  part(): void {
    this.#beginPart()
  }

  /** Ends the block of text that is open, if one is. */
  endText(): void {
    if (this.#text === undefined) return
    this.#handlers.textEnd(this.#text)
    this.#text = undefined
  }

  /** Ends all blocks: the answer is complete. */
  end(): void {
    this.endText()
    for (const call of this.#calls.values()) this.#endCall(call)
    this.#calls.clear()
  }

  /** Forgets all blocks, and calls no handler: their events are void, or the answer broke off. */
  forget(): void {
    this.#text = undefined
    this.#calls.clear()
    this.#roundOverAt = undefined
  }

  #beginPart(): void {
    this.endText()
    if (this.#roundOverAt === undefined) return
    this.#roundOverAt = undefined
    for (const call of this.#calls.values()) {
      this.#endCall(call, { onlyIfWhole: true })
      if (call.hasResult) this.#calls.delete(call.index)
    }
    this.#handlers.nextRound?.()
  }

  #nameCall(call: Call): void {
    call.id ||= `call-${call.at}`
    call.name ||= 'unknown'
    call.state = 'open'
    const { arguments: early } = call
    call.arguments = ''
    this.#handlers.callBegin(call)
    call.arguments = early
    if (early !== '') this.#handlers.callDelta(call, early)
  }

  #endCall(call: Call, { onlyIfWhole = false } = {}): void {
    if (call.state === 'ended') return
    // A model that has yet to write the arguments has written none: only its end says that there are none.
    const input = onlyIfWhole || call.arguments !== '' ? parsed(call.arguments) : { value: {} }
    if (onlyIfWhole && input === undefined) return
    if (call.state === 'unnamed') this.#nameCall(call)
    call.state = 'ended'
    this.#handlers.callEnd(call, input)
  }
}

function parsed(json: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(json) }
  } catch {
    return undefined
  }
}
