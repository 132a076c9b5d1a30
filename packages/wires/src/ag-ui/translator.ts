import {
  type DataChunkEvent,
  isTerminal,
  type StreamCompleteEvent,
  type StreamEvent,
  type ToolResultEvent,
} from '@sluice/core'
import type { StreamRecord } from '@sluice/core/server'
import type { TextAround, Translator, WireMessage } from '@sluice/core/transport'
import { type BlockHandlers, Blocks, type CallBlock, type TextBlock } from '../blocks.ts'
import type { AgUiEvent, AgUiInterrupt, AgUiOutcome } from './events.ts'
import { AG_UI_PART, partDataOf } from './parts.ts'
import { runIdOf, threadIdOf } from './run-id.ts'
import { fileValue, finishMetadata, sourceValue, usageOf } from './values.ts'

/** The version of the protocol that the events are of. */
const PROTOCOL_VERSION = '1.0'
const TAKEN_BACK = 'The answer began anew, and AG-UI cannot take text back.'

/** A call that has no result yet. */
interface WaitingCall {
  readonly name: string
  /** Absent while its arguments are not whole, or if they are no JSON. */
  input?: { readonly value: unknown } | undefined
}

/**
 * Translates the events of a stream into events of AG-UI.
 *
 * Each round of the provider is a step, and a message of the assistant (or several, if it reasons between its texts), whose
 * id comes from the `chunk_id` with which it began. So a viewer that comes back needs to have its round translated again, and the rounds of calls that still
 * wait for their results.
 */
export class AgUiTranslator implements Translator {
  readonly #record: StreamRecord
  readonly #blocks: Blocks
  #messages: WireMessage[] = []
  /** The `chunk_id` of the event that is translated. */
  #at = 0
  /** The `chunk_id`s with which the rounds began that a later event may still depend on, and the one that is open. */
  #rounds: number[] = []
  /** The `chunk_id` with which the message of the assistant began that is open. */
  #messageAt = 0
  /** It has text or a call. */
  #hasSpoken = false
  /** The text around a delta of the block that is open. */
  #around: TextAround | undefined
  /** By their ids, in the order in which they began. */
  readonly #waiting = new Map<string, WaitingCall>()
  /** The ids of the calls that wait, by their numbers. */
  readonly #callIds = new Map<number, string>()
  readonly #interrupts: AgUiInterrupt[] = []
  /** Where translating has to begin for the outcome to have all interrupts. */
  #interruptedSince: number | undefined
  /** The answer was stopped: a call that is open has not got its arguments. */
  #isStopped = false
  /** The event that AG-UI cannot show. Nothing of what follows is shown but its end, which is an error. */
  #brokenAt: number | undefined

  constructor(record: StreamRecord) {
    this.#record = record
    this.#blocks = new Blocks(this.#handlers())
  }

  get openSince(): number | undefined {
    if (this.#brokenAt !== undefined) return this.#brokenAt
    const [oldest] = this.#rounds
    if (oldest === undefined) return this.#interruptedSince
    return this.#interruptedSince === undefined ? oldest : Math.min(oldest, this.#interruptedSince)
  }

  around(type: 'content_chunk' | 'reasoning_chunk'): TextAround | undefined {
    const kind = type === 'content_chunk' ? 'text' : 'reasoning'
    return this.#blocks.openText?.kind === kind ? this.#around : undefined
  }

  push(event: StreamEvent): readonly WireMessage[] {
    this.#messages = []
    this.#at = event.chunk_id
    if (this.#brokenAt === undefined) this.#translate(event)
    else if (isTerminal(event)) this.#say({ type: 'RUN_ERROR', message: TAKEN_BACK, code: 'stream_retry' })
    return this.#messages
  }

  #translate(event: StreamEvent): void {
    switch (event.type) {
      case 'stream_start':
        this.#say({ type: 'RUN_STARTED', ...this.#run(), protocolVersion: PROTOCOL_VERSION })
        break
      case 'content_chunk':
      case 'reasoning_chunk':
        if (this.#rounds.length === 0) this.#beginRound()
        this.#blocks.text(event)
        break
      case 'tool_call_chunk':
        if (this.#rounds.length === 0) this.#beginRound()
        this.#blocks.call(event)
        break
      case 'tool_result':
        this.#result(event)
        break
      case 'data_chunk':
        this.#data(event)
        break
      // AG-UI has no form for these two. They may come in the middle of a text, and do not divide it.
      case 'source':
        this.#say({ type: 'CUSTOM', name: 'source', value: sourceValue(event) })
        break
      case 'file':
        this.#say({ type: 'CUSTOM', name: 'file', value: fileValue(event) })
        break
      case 'stream_retry':
        // Otherwise nothing is void: the next attempt goes on from here.
        if (event.keep_until < event.chunk_id - 1) this.#break(event.chunk_id)
        break
      case 'stream_complete':
        this.#complete(event)
        break
      case 'stream_error': {
        const { message, error_type: code } = event
        // It may come at any time, with blocks open: a client takes them for broken off.
        this.#say({ type: 'RUN_ERROR', message, code })
        break
      }
      case 'stream_cancelled':
        this.#isStopped = true
        this.#endRound()
        this.#finish({ type: 'cancelled' }, { metadata: { reason: event.reason } })
        break
    }
  }

  #run(): { readonly threadId: string; readonly runId: string } {
    return { threadId: threadIdOf(this.#record), runId: runIdOf(this.#record) }
  }

  #result({ output, is_error: isError, ...event }: ToolResultEvent): void {
    // Text behind a result is another message: clients put results behind the message with the call.
    this.#blocks.endText()
    const call = this.#blocks.result({ ...event, output, is_error: isError })
    const toolCallId = call === undefined ? event.id : this.#callId(call)
    if (call !== undefined) {
      this.#waiting.delete(toolCallId)
      this.#callIds.delete(event.index)
    }
    this.#say({
      type: 'TOOL_CALL_RESULT',
      messageId: this.#idOf('result', event.chunk_id),
      toolCallId,
      content: typeof output === 'string' ? output : JSON.stringify(output),
      role: 'tool',
      // AG-UI has no field for it. The second is as TanStack AI reads it.
      ...(isError && { metadata: { isError, tanstack: { state: 'output-error' } } }),
    })
  }

  #data({ name, data }: DataChunkEvent): void {
    const own = name === AG_UI_PART ? partDataOf(data) : undefined
    if (own?.type === 'INTERRUPT') {
      this.#interruptedSince ??= this.#rounds[0] ?? this.#at
      this.#interrupts.push(own.interrupt)
    } else {
      this.#say(own ?? { type: 'CUSTOM', name, value: data })
    }
  }

  #break(at: number): void {
    this.#brokenAt = at
    this.#blocks.forget()
    this.#say({ type: 'CUSTOM', name: 'stream_retry', value: { message: TAKEN_BACK } })
  }

  #complete({ finish_reason: reason, usage }: StreamCompleteEvent): void {
    this.#endRound()
    const waiting = [...this.#waiting]
    for (const [toolCallId, { name: toolName, input }] of waiting) {
      if (input === undefined) continue
      // A tool of the client: TanStack AI runs it if it is told to. Other clients find it by themselves.
      this.#say({
        type: 'CUSTOM',
        name: 'tool-input-available',
        value: { toolCallId, toolName, input: input.value },
      })
    }
    const pendingToolCallIds = waiting.map(([id]) => id)
    const outcome: AgUiOutcome =
      this.#interrupts.length > 0
        ? { type: 'interrupt', interrupts: this.#interrupts }
        : { type: 'success', ...(waiting.length > 0 && { pendingToolCallIds }) }
    const metadata = finishMetadata(reason, waiting.length > 0)
    this.#finish(outcome, { metadata, ...(usage !== undefined && { usage: [usageOf(usage)] }) })
  }

  #finish(
    outcome: AgUiOutcome,
    rest: Pick<Extract<AgUiEvent, { type: 'RUN_FINISHED' }>, 'metadata' | 'usage'>,
  ): void {
    this.#say({ type: 'RUN_FINISHED', ...this.#run(), outcome, ...rest })
  }

  #beginRound(): void {
    const since = this.#blocks.openSince ?? this.#at
    // The rounds before the oldest call that still waits are over.
    while (this.#rounds.length > 1 && this.#rounds[1]! <= since) this.#rounds.shift()
    if (this.#rounds.length > 0 && since >= this.#at) this.#rounds.length = 0
    this.#rounds.push(this.#at)
    this.#beginMessage()
    this.#say({ type: 'STEP_STARTED', stepName: this.#stepName() })
  }

  #beginMessage(): void {
    this.#messageAt = this.#at
    this.#hasSpoken = false
  }

  #endRound(): void {
    this.#blocks.end()
    if (this.#rounds.length > 0) this.#say({ type: 'STEP_FINISHED', stepName: this.#stepName() })
  }

  /** A step ends before the next begins, so a name may come again. It does not: TanStack AI joins the reasoning of a name. */
  #stepName(): string {
    return `round-${this.#rounds.at(-1)}`
  }

  #messageId(): string {
    return this.#idOf('message', this.#messageAt)
  }

  /** Unique in the conversation, and the same in each process. */
  #idOf(kind: string, chunkId: number): string {
    return `${kind}-${this.#record.streamId}-${chunkId}`
  }

  /**
   * The provider's id of a call, if it is of use: a client keeps the calls of all runs by their ids, and fails on a second call
   * with the id of one that is open.
   */
  #callId({ id, at, index }: CallBlock): string {
    const known = this.#callIds.get(index)
    if (known !== undefined) return known
    const isOwn = id !== `call-${at}` && !this.#waiting.has(id)
    const callId = isOwn ? id : this.#idOf('call', at)
    this.#callIds.set(index, callId)
    return callId
  }

  #say(event: AgUiEvent): void {
    this.#messages.push({ data: event })
  }

  #handlers(): BlockHandlers {
    return {
      textBegin: ({ kind, at }: TextBlock) => {
        // Reasoning is a message of its own: text behind it, in the message before it, would be out of order.
        if (kind === 'reasoning' && this.#hasSpoken) this.#beginMessage()
        const messageId = kind === 'text' ? this.#messageId() : this.#idOf('reasoning', at)
        const type = kind === 'text' ? 'TEXT_MESSAGE_CONTENT' : 'REASONING_MESSAGE_CONTENT'
        this.#around = { before: `{"type":"${type}","messageId":"${messageId}","delta":`, after: '}' }
        if (kind === 'text') {
          this.#hasSpoken = true
          this.#say({ type: 'TEXT_MESSAGE_START', messageId, role: 'assistant' })
        } else {
          this.#say({ type: 'REASONING_START', messageId })
          this.#say({ type: 'REASONING_MESSAGE_START', messageId, role: 'reasoning' })
        }
      },
      textDelta: ({ kind, at }: TextBlock, delta: string) => {
        if (kind === 'text') this.#say({ type: 'TEXT_MESSAGE_CONTENT', messageId: this.#messageId(), delta })
        else this.#say({ type: 'REASONING_MESSAGE_CONTENT', messageId: this.#idOf('reasoning', at), delta })
      },
      textEnd: ({ kind, at }: TextBlock) => {
        if (kind === 'text') {
          this.#say({ type: 'TEXT_MESSAGE_END', messageId: this.#messageId() })
        } else {
          const messageId = this.#idOf('reasoning', at)
          this.#say({ type: 'REASONING_MESSAGE_END', messageId })
          this.#say({ type: 'REASONING_END', messageId })
        }
      },
      callBegin: (call: CallBlock) => {
        const toolCallId = this.#callId(call)
        const { name } = call
        this.#hasSpoken = true
        this.#waiting.set(toolCallId, { name })
        this.#say({
          type: 'TOOL_CALL_START',
          toolCallId,
          toolCallName: name,
          parentMessageId: this.#messageId(),
        })
      },
      callDelta: (call: CallBlock, delta: string) =>
        this.#say({ type: 'TOOL_CALL_ARGS', toolCallId: this.#callId(call), delta }),
      callEnd: (ended: CallBlock, input) => {
        const toolCallId = this.#callId(ended)
        const { arguments: written } = ended
        // A client sends the arguments on to a provider, and providers want JSON.
        if (written === '' && !this.#isStopped) this.#say({ type: 'TOOL_CALL_ARGS', toolCallId, delta: '{}' })
        const call = this.#waiting.get(toolCallId)
        if (call !== undefined) call.input = input
        this.#say({ type: 'TOOL_CALL_END', toolCallId })
      },
      nextRound: () => {
        // The result before it was of no call here: this is the first round.
        if (this.#rounds.at(-1) === this.#at) return
        this.#say({ type: 'STEP_FINISHED', stepName: this.#stepName() })
        this.#beginRound()
      },
    }
  }
}
