import { type EventOf, type InputOf, StreamingError, type StreamShapes, type ToolCall } from '@sluice/core'
import { createKey, type StreamClient } from '../client.ts'
import { toFailure } from '../network/failures.ts'
import type { StreamSession } from '../session/stream-session.ts'
import type { Snapshot } from '../snapshot.ts'
import { toFilePart, validated } from './input.ts'
import {
  answerOf,
  type DataOf,
  type FilePart,
  hasEnded,
  type Message,
  type MessageStatus,
  remedyOf,
  type StoredMessage,
  toMessage,
} from './message.ts'
import { MessageTree } from './message-tree.ts'
import type {
  ConversationOptions,
  ConversationSettings,
  InputContext,
  MaybeToInput,
  SendOptions,
} from './options.ts'

/**
 * The status of a conversation: that of the message that is being answered; `loading` before its messages are
 * there; `failed` if the last answer has failed; else `ready`.
 */
export type ConversationStatus = 'loading' | 'ready' | 'failed' | Exclude<MessageStatus, 'done' | 'stopped'>

/** All that is known of a conversation, at one moment. Immutable; the same object until something changes. */
export interface ConversationSnapshot<D> {
  /** Along the branches that are shown, and then those that are queued. A message that did not change is the same object. */
  readonly messages: readonly Message<D>[]
  readonly status: ConversationStatus
  /** Why the last answer, or the loading of the messages, has failed. */
  readonly error: StreamingError | null
}

/** An answer that runs. */
interface Running<S extends StreamShapes, N extends keyof S & string> {
  session: StreamSession<EventOf<S[N]>>
  /** The message that it is shown as. A stream that was found has none before its first event. */
  id: string | undefined
  /** The input of a start that was made here. */
  readonly input: InputOf<S[N]> | undefined
  readonly onEnd: (message: Message<DataOf<S[N]>>) => void
  unsubscribe: () => void
  seen?: Snapshot
  lastData: number
}

/** A message that waits for its turn. */
interface Queued<D> {
  readonly message: Message<D>
  readonly begin: () => void
}

/**
 * A conversation over a {@link StreamClient}: its messages with their branches, one answer at a time, and what
 * happens to them. Each answer is a separate stream.
 *
 * The promises of `send`, `edit`, `retry` and `stop` may be ignored: a rejection is not reported as unhandled.
 */
export class Conversation<S extends StreamShapes, N extends keyof S & string> {
  readonly id: string
  readonly name: N
  readonly #tree = new MessageTree<DataOf<S[N]>>()
  readonly #listeners = new Set<() => void>()
  #client: StreamClient<S>
  #options: ConversationSettings<S[N]> & MaybeToInput<S[N]>
  #queue: readonly Queued<DataOf<S[N]>>[] = []
  #running: Running<S, N> | undefined
  /** A message is being made ready to be sent: `stop` ends that too. */
  #preparing: { isStopped: boolean } | undefined
  #uses = 0
  #isOpen = false
  #isLoading: boolean
  #loadError: StreamingError | null = null
  #snapshot: ConversationSnapshot<DataOf<S[N]>> | undefined

  constructor(client: StreamClient<S>, name: N, options: ConversationOptions<S[N]>) {
    const settings: ConversationSettings<S[N]> = options
    this.#client = client
    this.name = name
    this.id = settings.id
    this.#options = options
    this.#isLoading = settings.load !== undefined
    this.#add(settings.messages ?? [])
  }

  get snapshot(): ConversationSnapshot<DataOf<S[N]>> {
    this.#snapshot ??= this.#look()
    return this.#snapshot
  }

  get messages(): readonly Message<DataOf<S[N]>>[] {
    return this.snapshot.messages
  }

  get status(): ConversationStatus {
    return this.snapshot.status
  }

  get error(): StreamingError | null {
    return this.snapshot.error
  }

  /** Calls `listener` after each change. @returns the function that ends it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The session of the answer that runs: its snapshot, connections and figures. `undefined` if none runs. */
  get session(): StreamSession<EventOf<S[N]>> | undefined {
    return this.#running?.id === undefined ? undefined : this.#running.session
  }

  /** Other options, or another client: an answer that runs goes on through it. `id` and `messages` stay what they were. */
  update(client: StreamClient<S>, options: ConversationOptions<S[N]>): void {
    const isMoved = client !== this.#client
    this.#client = client
    this.#options = options
    if (isMoved && this.#isOpen && this.#running) this.#followAgain(this.#running)
  }

  /**
   * Loads the messages again: those that another tab or device has added are there then, and shown. An answer that runs
   * here stays as it is, and one that runs elsewhere is followed. Without `load` it does nothing.
   */
  readonly refresh = async (): Promise<void> => {
    if (!this.#options.load || this.#isLoading) return
    await this.#load()
    const last = this.#tree.path.at(-1)
    if (this.#isOpen && !this.#running && !this.#isBusy && isRunning(last)) this.#find()
  }

  /**
   * Loads the messages, and follows what runs: for a view that is shown.
   * @returns the function that detaches. The generation goes on, and `open` finds it again.
   */
  open(): () => void {
    this.#uses += 1
    // StrictMode opens, closes and opens in one turn.
    queueMicrotask(() => void this.#settle())
    let isClosed = false
    return () => {
      if (!isClosed) this.#uses -= 1
      isClosed = true
      queueMicrotask(() => void this.#settle())
    }
  }

  /**
   * Sends a message of the user, which is there at once, and has it answered.
   * @returns the answer, when it has ended.
   * @throws {StreamingError} `conflict` if an answer runs and `whileBusy` is `reject`.
   */
  readonly send = (text: string, { files = [] }: SendOptions = {}): Promise<Message<DataOf<S[N]>>> => {
    const attached = [...files]
    const parts = [
      ...attached.filter((file) => 'type' in file && file.type === 'file'),
      { type: 'text', text },
    ]
    const message = this.#userMessage(parts as Message<DataOf<S[N]>>['parts'])
    return this.#enqueue(message, async () => {
      const read = await Promise.all(attached.map(toFilePart))
      return [...read, { type: 'text', text }]
    })
  }

  /** Sends another text in place of a message of the user, as a branch beside it; its files stay. */
  readonly edit = (messageId: string, text: string): Promise<Message<DataOf<S[N]>>> => {
    const { parts, parentId } = this.#required(messageId)
    const files = parts.filter((part) => part.type === 'file') as readonly FilePart[]
    const message = this.#userMessage([...files, { type: 'text', text }])
    return this.#enqueue(message, undefined, parentId)
  }

  /** Has a message answered once more, as a branch: this one, or the one before this answer. @default the last one */
  readonly retry = (messageId = this.#tree.path.at(-1)?.id): Promise<Message<DataOf<S[N]>>> => {
    const { id, role, parentId } = this.#required(messageId)
    return this.#whenFree(undefined, () => {
      const before = this.#tree.get(id)
      // Nothing is lost with an answer that has none.
      if (before && role === 'assistant' && before.parts.length === 0) this.#tree.remove(before)
      return this.#answer(role === 'assistant' ? parentId : id)
    })
  }

  /** The branches at a message: it and those that were sent, or answered, in its place. */
  readonly branches = (messageId: string): readonly Message<DataOf<S[N]>>[] => this.#tree.branches(messageId)

  /** Shows this branch. */
  readonly showBranch = (messageId: string): void => {
    this.#tree.show(messageId)
    this.#announce()
  }

  /**
   * Stops the answer that runs, on the server. Queued messages are sent next.
   * @throws {StreamingError} if the server refused or could not be reached; the answer then goes on.
   */
  readonly stop = (): Promise<void> => {
    if (this.#preparing) this.#preparing.isStopped = true
    return handled(Promise.resolve(this.#isBusy ? this.#running?.session.cancel() : undefined))
  }

  /** Takes the failure away: an answer that has some text keeps it, one without any goes. */
  readonly dismissError = (): void => {
    this.#loadError = null
    const last = this.#tree.path.at(-1)
    if (last?.status === 'failed') {
      if (last.parts.length === 0) this.#tree.remove(last)
      else this.#tree.put({ ...last, status: 'stopped', error: null, remedy: null })
    }
    this.#announce()
  }

  /** Adds the result of a tool call, and goes on if `continueAfter` says so. `callId`: the call's id, or its index. */
  readonly addToolResult = (callId: string, output: unknown): void => {
    const { path } = this.#tree
    const from = path.findLastIndex(({ role }) => role === 'assistant')
    const parentId = path.at(-1)?.id ?? null
    const part = { type: 'tool_result', callId, output } as const
    const known = path.slice(from).find(({ parts }) => parts.some((each) => isResultOf(each, callId)))
    const message = toMessage<DataOf<S[N]>>(
      { id: known?.id ?? createKey(), role: 'tool', parts: [part] },
      parentId,
    )
    this.#tree.put(known ? { ...known, parts: [part] } : message)
    this.#announce()
    const { continueAfter = hasAllResults } = this.#options
    if (known || this.#isBusy || !continueAfter(this.#tree.path)) return
    void this.#answer(message.id)
  }

  /** While it only looks for what runs, a message may be sent. */
  get #isBusy(): boolean {
    return this.#running?.id !== undefined || this.#preparing !== undefined
  }

  #required(id: string | undefined): Message<DataOf<S[N]>> {
    const message = this.#tree.get(id ?? null)
    if (message === undefined) throw new TypeError(`There is no message '${id}' in this conversation.`)
    return message
  }

  #userMessage(parts: Message<DataOf<S[N]>>['parts']): Message<DataOf<S[N]>> {
    return toMessage({ id: createKey(), role: 'user', parts, status: 'queued' }, null)
  }

  /** Sends a message as soon as no answer runs. */
  #enqueue(
    message: Message<DataOf<S[N]>>,
    read?: () => Promise<readonly unknown[]>,
    parentId?: string | null,
  ): Promise<Message<DataOf<S[N]>>> {
    return this.#whenFree(message, () => {
      const parent = parentId === undefined ? (this.#tree.path.at(-1)?.id ?? null) : parentId
      this.#tree.put({ ...message, parentId: parent, status: 'sending' })
      return this.#answer(message.id, read)
    })
  }

  #whenFree(
    message: Message<DataOf<S[N]>> | undefined,
    begin: () => Promise<Message<DataOf<S[N]>>>,
  ): Promise<Message<DataOf<S[N]>>> {
    if (!this.#isBusy) return handled(begin())
    const { whileBusy = 'reject' } = this.#options
    if (whileBusy === 'reject') {
      return handled(Promise.reject(new StreamingError('conflict', 'An answer is still running.')))
    }
    return new Promise((resolve) => {
      const waiting = message ?? this.#userMessage([])
      this.#queue = [...this.#queue, { message: waiting, begin: () => resolve(begin()) }]
      this.#announce()
      if (whileBusy === 'interrupt') void this.stop()
    })
  }

  /** Starts the answer to a message. Resolves when it has ended. */
  async #answer(
    parentId: string | null,
    read?: () => Promise<readonly unknown[]>,
  ): Promise<Message<DataOf<S[N]>>> {
    const preparing = { isStopped: false }
    this.#preparing = preparing
    const id = createKey()
    this.#tree.put(toMessage({ id, role: 'assistant', parts: [], status: 'sending' }, parentId))
    this.#announce()
    const fields = { parts: [], text: '' }
    try {
      const parts = await read?.()
      const asked = this.#tree.get(parentId)
      if (asked && parts) this.#tree.put({ ...asked, parts: parts as typeof asked.parts })
      const input = await this.#input(parentId, id)
      this.#preparing = undefined
      if (preparing.isStopped) return this.#ended({ ...this.#required(id), ...fields, status: 'stopped' })
      const session = this.#client.start(this.name, input, { rememberAs: this.#place, thread: this.id })
      return await new Promise((onEnd) => this.#follow({ session, id, input, onEnd }))
    } catch (thrown) {
      this.#preparing = undefined
      const error = toFailure(thrown)
      return this.#ended({ ...this.#required(id), status: 'failed', error, remedy: remedyOf(error) })
    }
  }

  async #input(parentId: string | null, answerId: string): Promise<InputOf<S[N]>> {
    const { toInput, schema } = this.#options
    const messages = this.#tree.to(parentId)
    const context: InputContext<DataOf<S[N]>> = { id: this.id, messages, message: messages.at(-1)!, answerId }
    const plain = () => ({
      id: this.id,
      messages: messages.map(({ id, role, parts }) => ({ id, role, parts })),
    })
    const input = toInput ? await toInput(context) : (plain() as InputOf<S[N]>)
    if (schema) await validated(schema, input)
    return input
  }

  /** The name of its stream in the client's storage. */
  get #place(): string {
    return `${this.name}/${this.id}`
  }

  /** Brings what is followed in line with whether anybody looks. */
  async #settle(): Promise<void> {
    const isOpen = this.#uses > 0
    if (isOpen === this.#isOpen) return
    this.#isOpen = isOpen
    if (!isOpen) {
      this.#running?.unsubscribe()
      this.#running?.session.detach()
      return
    }
    if (this.#isLoading) await this.#load()
    if (this.#running) this.#followAgain(this.#running)
    else if (!this.#isBusy) this.#find()
  }

  async #load(): Promise<void> {
    try {
      this.#add((await this.#options.load?.()) ?? [])
      this.#loadError = null
    } catch (thrown) {
      this.#loadError = toFailure(thrown)
    }
    this.#isLoading = false
    this.#announce()
  }

  #add(stored: readonly StoredMessage<DataOf<S[N]>>[]): void {
    const running = this.#running
    const own = this.#tree.get(running?.id ?? null)
    // A stream that was found before its message was loaded has one of its own: that one goes.
    const real = own && stored.find(({ id, streamId }) => streamId === own.streamId && id !== own.id)
    if (running && real) {
      this.#tree.remove(own)
      running.id = real.id
    }
    let parentId = this.#tree.path.at(-1)?.id ?? null
    let newest: string | undefined
    for (const each of stored) {
      const known = this.#tree.get(each.id)
      const message = toMessage(each, known ? known.parentId : parentId)
      parentId = message.id
      if (!known) newest = message.id
      // An answer that runs here, or was seen to end here, is further than what was stored of it.
      const isBehind = known && (known === own || (hasEnded(known) && !hasEnded(message)))
      if (!isBehind && !(known && isSame(known, message))) this.#tree.put(message)
    }
    if (running && real) {
      this.#tree.put(merged(this.#required(real.id), running.session.snapshot))
    }
    // From the first message to the newest.
    if (newest !== undefined) for (const { id } of this.#tree.to(newest)) this.#tree.show(id)
  }

  /** Follows a running answer that the page before this one, another tab or another device has started. */
  #find(): void {
    const rest = { input: undefined, onEnd: () => {} }
    const rememberAs = this.#place
    const last = this.#tree.path.at(-1)
    const found = this.#client.resume(this.name, { rememberAs })
    if (isRunning(last) && (!found || found.streamId === last.streamId)) {
      // It may be another visitor's, whose threads are not found by name.
      const session = found ?? this.#client.attach(this.name, last.streamId, { rememberAs })
      this.#follow({ session, id: last.id, ...rest })
    } else if (found || this.#options.resumeFrom !== 'messages') {
      const session = found ?? this.#client.attach(this.name, { thread: this.id })
      this.#follow({ session, id: undefined, ...rest })
    }
  }

  /** The same answer, from what is there. */
  #followAgain({ session, id, input, onEnd }: Running<S, N>): void {
    const { streamId, snapshot, idempotencyKey } = session
    const rememberAs = this.#place
    if (snapshot.ended && !snapshot.detached) this.#follow({ session, id, input, onEnd })
    else if (streamId !== null) {
      const again = this.#client.attach(this.name, streamId, { ...snapshot, rememberAs })
      this.#follow({ session: again, id, input, onEnd })
    } else if (input === undefined || idempotencyKey === null) {
      // The page before this one has started it: the storage knows the input.
      this.#find()
    } else {
      const again = this.#client.start(this.name, input, { idempotencyKey, rememberAs, thread: this.id })
      this.#follow({ session: again, id, input, onEnd })
    }
  }

  #follow(started: Pick<Running<S, N>, 'session' | 'id' | 'input' | 'onEnd'>): void {
    const running: Running<S, N> = { ...started, lastData: 0, unsubscribe: () => {} }
    this.#running?.unsubscribe()
    this.#running?.session.detach()
    this.#running = running
    running.unsubscribe = running.session.subscribe(() => this.#read(running))
    // Nobody looks: the start is delivered all the same.
    if (!this.#isOpen) running.session.detach()
    this.#read(running)
  }

  /** Takes the session's snapshot into its message. */
  #read(running: Running<S, N>): void {
    const { snapshot } = running.session
    if (snapshot === running.seen || running !== this.#running) return
    running.seen = snapshot
    if (running.id === undefined && snapshot.lastChunkId > 0) running.id = this.#messageOf(running.session)
    const before = this.#tree.get(running.id ?? null)
    // It was not left here: the server does not have the stream, and no more will come of what was stored as running.
    const isLost = snapshot.detached && this.#isOpen && before !== undefined && !hasEnded(before)
    const message = before && (isLost ? lost(before) : merged(before, snapshot))
    if (message) {
      this.#tree.put(message)
      const asked = this.#tree.get(message.parentId)
      if (asked?.status === 'sending' && message.status !== 'sending' && snapshot.streamId !== null) {
        this.#tree.put({ ...asked, status: 'done' })
      }
    }
    this.#announce()
    for (const event of snapshot.data) {
      if (event.chunk_id <= running.lastData) continue
      running.lastData = event.chunk_id
      if (message) this.#call(() => this.#options.onData?.(event as DataOf<S[N]>, message))
    }
    if (!snapshot.ended || (snapshot.detached && this.#uses === 0)) return
    running.unsubscribe()
    this.#running = undefined
    if (message && (isLost || !snapshot.detached)) running.onEnd(this.#ended(message))
    else this.#next()
  }

  /** The message of a stream that was found: the one that has its id, or a new one. */
  #messageOf({ streamId }: StreamSession<EventOf<S[N]>>): string {
    const last = this.#tree.path.at(-1)
    if (last?.role === 'assistant' && (last.streamId === streamId || !hasEnded(last))) return last.id
    const id = createKey()
    this.#tree.put(toMessage({ id, role: 'assistant', parts: [] }, last?.id ?? null))
    return id
  }

  /** An answer has ended: those who asked are told, and the next one begins. */
  #ended(message: Message<DataOf<S[N]>>): Message<DataOf<S[N]>> {
    const { onError, onFinish, onToolCall } = this.#options
    this.#tree.put(message)
    const asked = this.#tree.get(message.parentId)
    if (asked?.status === 'sending') this.#tree.put({ ...asked, status: 'done' })
    this.#announce()
    const { error, status, parts } = message
    if (error !== null) this.#call(() => onError?.(error, message))
    else this.#call(() => onFinish?.(message))
    if (status === 'done' && onToolCall) {
      for (const part of parts) if (isOpenCall(part)) void this.#runTool(part, message)
    }
    this.#next()
    return message
  }

  async #runTool(
    part: { readonly type: 'tool_call' } & ToolCall,
    message: Message<DataOf<S[N]>>,
  ): Promise<void> {
    const { type, ...call } = part
    const callId = call.id ?? `${call.index}`
    try {
      const output = await this.#options.onToolCall?.(call, message)
      if (output !== undefined) this.addToolResult(callId, output)
    } catch (thrown) {
      this.addToolResult(callId, { error: toFailure(thrown).message })
    }
  }

  #next(): void {
    const [next, ...rest] = this.#queue
    if (next === undefined || this.#isBusy) return
    this.#queue = rest
    next.begin()
  }

  #look(): ConversationSnapshot<DataOf<S[N]>> {
    const queued = this.#queue.map(({ message }) => message).filter(({ parts }) => parts.length > 0)
    const { path } = this.#tree
    const messages = queued.length > 0 ? [...path, ...queued] : path
    const last = path.at(-1)
    const failed = last?.status === 'failed' ? last.error : null
    const running = this.#tree.get(this.#running?.id ?? null)?.status ?? 'sending'
    return {
      messages,
      error: this.#loadError ?? failed,
      status: this.#isLoading
        ? 'loading'
        : this.#isBusy && running !== 'done' && running !== 'stopped'
          ? running
          : this.#loadError || failed
            ? 'failed'
            : 'ready',
    }
  }

  #announce(): void {
    this.#snapshot = undefined
    for (const listener of this.#listeners) this.#call(listener)
  }

  /** Calls a callback. An error that it throws is reported as uncaught, and disturbs nothing else. */
  #call(callback: () => void): void {
    try {
      callback()
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
  }
}

/**
 * A conversation that is open at once. Call `close()` when its view goes: the generation goes on.
 *
 * @example
 * const chat = conversation(client, 'chat', { id: conversationId })
 * chat.subscribe(() => render(chat.messages))
 * chat.send('Where do I begin?')
 */
export function conversation<S extends StreamShapes, N extends keyof S & string>(
  client: StreamClient<S>,
  name: N,
  options: ConversationOptions<S[N]>,
): Conversation<S, N> & { readonly close: () => void } {
  const chat = new Conversation(client, name, options)
  return Object.assign(chat, { close: chat.open() })
}

function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

/** Whether it is a tool call that the server has not run itself. */
function isOpenCall(part: unknown): part is { readonly type: 'tool_call' } & ToolCall {
  const { type, result } = part as { readonly type: string; readonly result?: unknown }
  return type === 'tool_call' && result === undefined
}

/** Whether it is an answer that runs, as a store knows it. */
function isRunning<D>(
  message: Message<D> | undefined,
): message is Message<D> & { readonly streamId: string } {
  return message?.role === 'assistant' && message.streamId !== null && !hasEnded(message)
}

/** The message with what its session knows. Until something has come, what there was of it stays. */
function merged<D>(before: Message<D>, snapshot: Snapshot): Message<D> {
  const { parts, text, ...rest } = answerOf<D>(snapshot)
  return { ...before, ...rest, ...(snapshot.lastChunkId > 0 && { parts, text }) } as Message<D>
}

/** An answer that the store says runs, and of which the server does not know. */
function lost<D>(before: Message<D>): Message<D> {
  const error = new StreamingError('producer_lost')
  return { ...before, status: 'failed', error, remedy: remedyOf(error) }
}

/** Whether they say the same, as JSON. */
function isSame<D>(a: Message<D>, b: Message<D>): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function isResultOf(part: { readonly type: string }, callId: string): boolean {
  return part.type === 'tool_result' && (part as { callId?: string }).callId === callId
}

/** Whether each tool call of the last answer has a result. */
function hasAllResults<D>(messages: readonly Message<D>[]): boolean {
  const from = messages.findLastIndex(({ role }) => role === 'assistant')
  const results = messages.slice(from + 1).flatMap(({ parts }) => parts as readonly { type: string }[])
  const calls = (messages[from]?.parts ?? []) as readonly { type: string; id?: string; index?: number }[]
  return calls.every(
    ({ type, id, index }) =>
      type !== 'tool_call' || results.some((part) => isResultOf(part, id ?? `${index}`)),
  )
}
