import { type EventOf, type InputOf, StreamingError, type StreamShapes, type ToolCall } from '@sluice/core'
import { createKey, type StreamClient } from '../client.ts'
import { toFailure } from '../network/failures.ts'
import type { StreamSession } from '../session/stream-session.ts'
import { AnswerSessions } from './answer-sessions.ts'
import { type ConversationSnapshot, type ConversationStatus, snapshotOf } from './conversation-snapshot.ts'
import { toFilePart, validated } from './input.ts'
import {
  type DataOf,
  type FilePart,
  failure,
  hasEnded,
  type Message,
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
import { RememberedMessages } from './remembered-messages.ts'
import { type Host, RunningAnswer } from './running-answer.ts'
import { hasAllResults, isOpenCall, isResultOf } from './tools.ts'

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
  readonly #sessions: AnswerSessions<S, N>
  readonly #host: Host<S, N>
  /** If the application keeps the messages itself, there is none. */
  readonly #remembered: RememberedMessages<DataOf<S[N]>> | undefined
  #isRestored = false
  #options: ConversationSettings<S[N]> & MaybeToInput<S[N]>
  #queue: readonly Queued<DataOf<S[N]>>[] = []
  #running: RunningAnswer<S, N> | undefined
  /** A message is being made ready to be sent: `stop` ends that too. */
  #preparing: { isStopped: boolean } | undefined
  #uses = 0
  #isOpen = false
  #isLoading: boolean
  #loadError: StreamingError | null = null
  #snapshot: ConversationSnapshot<DataOf<S[N]>> | undefined

  constructor(client: StreamClient<S>, name: N, options: ConversationOptions<S[N]>) {
    const settings: ConversationSettings<S[N]> = options
    this.name = name
    this.id = settings.id
    this.#sessions = new AnswerSessions(client, name, settings.id)
    this.#host = {
      tree: this.#tree,
      sessions: this.#sessions,
      isOpen: () => this.#isOpen,
      isUsed: () => this.#uses > 0,
      onChange: () => this.#announce(),
      onData: (event, message) => this.#call(() => this.#options.onData?.(event, message)),
      onEnd: (message) => {
        this.#running = undefined
        if (message) this.#ended(message)
        else this.#next()
      },
    }
    if (!settings.messages && !settings.load) {
      this.#remembered = new RememberedMessages(client, this.#sessions.place)
    }
    this.#options = options
    this.#isLoading = settings.load !== undefined
    this.#add(settings.messages ?? [])
  }

  get snapshot(): ConversationSnapshot<DataOf<S[N]>> {
    this.#snapshot ??= snapshotOf({
      path: this.#tree.path,
      queued: this.#queue.map(({ message }) => message),
      isLoading: this.#isLoading,
      loadError: this.#loadError,
      running: this.#isBusy ? (this.#tree.get(this.#running?.id ?? null)?.status ?? 'sending') : undefined,
    })
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
    const isMoved = client !== this.#sessions.client
    this.#sessions.client = client
    this.#options = options
    if (isMoved && this.#isOpen) this.#running?.followAgain()
  }

  /**
   * Loads the messages again: those that another tab or device has added are there then, and shown. An answer that runs
   * here stays as it is, and one that runs elsewhere is followed. Without `load` there is nothing to add.
   */
  readonly refresh = async (): Promise<void> => {
    await this.#load()
    if (this.#isOpen && !this.#running && !this.#preparing) this.#find(false)
  }

  /**
   * Loads the messages, and follows what runs: for a view that is shown.
   * @returns the function that detaches. The generation goes on, and `open` finds it again.
   */
  open(): () => void {
    this.#uses += 1
    this.#restore()
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
    this.#announce(true)
  }

  /**
   * Stops the answer that runs, on the server. Queued messages are sent next.
   * @throws {StreamingError} if the server refused or could not be reached; the answer then goes on.
   */
  readonly stop = (): Promise<void> => {
    if (this.#preparing) this.#preparing.isStopped = true
    return handled(Promise.resolve(this.#isBusy ? this.#running?.cancel() : undefined))
  }

  /** Takes the failure away: an answer that has some text keeps it, one without any goes. */
  readonly dismissError = (): void => {
    this.#loadError = null
    const last = this.#tree.path.at(-1)
    if (last?.status === 'failed') {
      if (last.parts.length === 0) this.#tree.remove(last)
      else this.#tree.put({ ...last, status: 'stopped', error: null, remedy: null })
    }
    this.#announce(true)
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
    this.#announce(true)
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
    // A view may send before it is shown.
    this.#restore()
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
    this.#announce(true)
    const fields = { parts: [], text: '' }
    try {
      const parts = await read?.()
      const asked = this.#tree.get(parentId)
      if (asked && parts) this.#tree.put({ ...asked, parts: parts as typeof asked.parts })
      const input = await this.#input(parentId, id)
      this.#preparing = undefined
      if (preparing.isStopped) return this.#ended({ ...this.#required(id), ...fields, status: 'stopped' })
      if (read) this.#announce(true)
      const session = this.#sessions.start(input)
      return await new Promise((onEnd) => {
        this.#run(new RunningAnswer(this.#host, { session, id, input, onEnd }))
      })
    } catch (thrown) {
      this.#preparing = undefined
      const error = toFailure(thrown)
      return this.#ended({ ...this.#required(id), ...failure(error) })
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

  /** Shows the messages that the page before this one has kept. Not before it is used: a server has no storage. */
  #restore(): void {
    if (this.#isRestored) return
    this.#isRestored = true
    this.#add(this.#remembered?.read() ?? [])
    this.#announce()
  }

  /** Brings what is followed in line with whether anybody looks. */
  async #settle(): Promise<void> {
    const isOpen = this.#uses > 0
    if (isOpen === this.#isOpen) return
    this.#isOpen = isOpen
    if (!isOpen) return this.#running?.leave()
    if (this.#isLoading) await this.#load()
    if (this.#running) this.#running.followAgain()
    else if (!this.#isBusy) this.#find(this.#options.resumeFrom !== 'messages')
  }

  #find(byThread: boolean): void {
    const found = RunningAnswer.find(this.#host, byThread)
    if (found) this.#run(found)
  }

  /** Follows an answer, in place of a search that has found nothing yet. */
  #run(answer: RunningAnswer<S, N>): void {
    this.#running?.leave()
    this.#running = answer
    answer.follow()
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
    const own = this.#tree.get(this.#running?.id ?? null)
    // A stream that was found before its message was loaded has one of its own: that one goes.
    const real = own && stored.find(({ id, streamId }) => streamId === own.streamId && id !== own.id)
    if (real) this.#tree.remove(own)
    let parentId = this.#tree.path.at(-1)?.id ?? null
    let newest: string | null = null
    for (const each of stored) {
      const known = this.#tree.get(each.id)
      const message = toMessage(each, known ? known.parentId : parentId)
      parentId = message.id
      if (!known) newest = message.id
      // An answer that runs here, or was seen to end here, is further than what was stored of it.
      const isBehind = known && (known === own || (hasEnded(known) && !hasEnded(message)))
      // One that says the same stays the same object.
      if (!isBehind && JSON.stringify(known) !== JSON.stringify(message)) this.#tree.put(message)
    }
    if (real) this.#running?.showAs(real.id)
    // From the first message to the newest.
    for (const { id } of this.#tree.to(newest)) this.#tree.show(id)
  }

  /** An answer has ended: those who asked are told, and the next one begins. */
  #ended(message: Message<DataOf<S[N]>>): Message<DataOf<S[N]>> {
    const { onError, onFinish, onToolCall } = this.#options
    this.#tree.put(message)
    const asked = this.#tree.get(message.parentId)
    if (asked?.status === 'sending') this.#tree.put({ ...asked, status: 'done' })
    this.#announce(true)
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

  /** Tells the listeners. What is to outlast the page is kept: not each word of an answer, which the server has. */
  #announce(isKept = false): void {
    this.#snapshot = undefined
    if (isKept) this.#remembered?.write(this.#tree.all)
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
