import type { ToolCallChunkEvent, ToolResultEvent } from '@sluice/core'
import { Blocks, type CallBlock, type TextBlock } from '../blocks.ts'

/** The handlers of the blocks of an answer, for a wire that tells the client's calls from those of the server. */
export interface AnswerHandlers {
  textBegin(block: TextBlock): void
  textDelta(block: TextBlock, delta: string): void
  textEnd(block: TextBlock): void
  /** A call that the client has to make. The deltas bring its arguments. */
  callBegin(call: ClientCall): void
  callDelta(call: CallBlock, fragment: string): void
  /** No further fragment comes. */
  callEnd(call: CallBlock): void
  /** The server has made this call itself: the client has not seen it. */
  serverCall(call: CallBlock, result: ToolResultEvent): void
  /** The server has made a call that the client knows of. */
  clientResult(id: string, result: ToolResultEvent): void
}

/** A call as the client is shown it. */
export interface ClientCall extends Omit<CallBlock, 'arguments'> {
  /** The provider's id, unless the client has been shown a call with it. */
  readonly id: string
}

interface HeldCall {
  call: CallBlock
  arguments: string
}

/**
 * The blocks of an answer, with the calls of two kinds. A client runs each call that it is shown, so it must not be shown
 * one that the server makes: calls of functions that the client has named are shown as they come. All others are
 * held until their result comes, and are the server's then, or until the answer ends without one.
 */
export class AnswerBlocks {
  readonly blocks: Blocks
  readonly #handlers: AnswerHandlers
  readonly #tools: ReadonlySet<string>
  /** By number: all calls that have begun, and have no result. */
  readonly #open = new Set<number>()
  readonly #held = new Map<number, HeldCall>()
  /** The calls that the client has been shown: their numbers, and the ids that they have there. */
  readonly #shown = new Map<number, string>()

  constructor(tools: ReadonlySet<string>, handlers: AnswerHandlers) {
    this.#tools = tools
    this.#handlers = handlers
    this.blocks = new Blocks({
      textBegin: (block) => handlers.textBegin(block),
      textDelta: (block, delta) => handlers.textDelta(block, delta),
      textEnd: (block) => handlers.textEnd(block),
      callBegin: (call) => {
        if (this.#tools.has(call.name)) this.#show(call)
        else this.#held.set(call.index, { call, arguments: '' })
      },
      callDelta: (call, fragment) => {
        const held = this.#held.get(call.index)
        if (held === undefined) handlers.callDelta(call, fragment)
        else held.arguments += fragment
      },
      callEnd: (call) => {
        if (!this.#held.has(call.index)) handlers.callEnd(call)
      },
    })
  }

  /** Whether the client has been shown a call, or a later event may belong to one. */
  get hasCalls(): boolean {
    // A call is always older than a text that is open.
    return this.#shown.size > 0 || this.blocks.openSince !== this.blocks.openText?.at
  }

  /** How many calls the client has been shown, and has to make. */
  get unanswered(): number {
    let count = 0
    for (const index of this.#shown.keys()) if (this.#open.has(index)) count += 1
    return count
  }

  call(event: ToolCallChunkEvent): void {
    this.#open.add(event.index)
    this.blocks.call(event)
  }

  result(event: ToolResultEvent): void {
    const call = this.blocks.result(event)
    if (!this.#open.delete(event.index)) return
    if (call === undefined) return
    if (this.#held.delete(event.index)) this.#handlers.serverCall(call, event)
    else this.#handlers.clientResult(this.#shown.get(event.index) ?? event.id, event)
  }

  /** The answer is complete: the calls that are left are the client's. */
  end(): void {
    this.blocks.end()
    for (const { call, arguments: fragment } of this.#held.values()) {
      this.#show(call)
      if (fragment !== '') this.#handlers.callDelta(call, fragment)
      this.#handlers.callEnd(call)
    }
    this.#held.clear()
  }

  /** Forgets all blocks: the answer broke off. */
  forget(): void {
    this.blocks.forget()
    this.#open.clear()
    this.#held.clear()
  }

  #show(call: CallBlock): void {
    const ids = new Set(this.#shown.values())
    // A provider may use an id again in a later round. A client tells calls apart by their ids.
    const id = ids.has(call.id) ? `${call.id}_${call.index}` : call.id
    this.#shown.set(call.index, id)
    this.#handlers.callBegin({ index: call.index, at: call.at, name: call.name, id })
  }
}
