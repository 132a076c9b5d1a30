import { type InputOf, StreamingError, type StreamShapes } from '@sluice/core'
import { createKey } from '../client.ts'
import { LOST_LOG } from '../network/failures.ts'
import type { Snapshot } from '../snapshot.ts'
import type { AnswerSessions, SessionOf } from './answer-sessions.ts'
import { answerOf, type DataOf, failure, hasEnded, type Message, toMessage } from './message.ts'
import type { MessageTree } from './message-tree.ts'

/** What a running answer needs of its conversation. */
export interface Host<S extends StreamShapes, N extends keyof S & string> {
  readonly tree: MessageTree<DataOf<S[N]>>
  readonly sessions: AnswerSessions<S, N>
  /** Whether it is open: what runs is followed. */
  isOpen(): boolean
  /** Whether somebody looks. In the turn of an opening or a close that is not yet `isOpen`. */
  isUsed(): boolean
  onChange(): void
  onData(event: DataOf<S[N]>, message: Message<DataOf<S[N]>>): void
  /** It has ended; without a message, if none was found. */
  onEnd(message: Message<DataOf<S[N]>> | undefined): void
}

/** The options of a {@link RunningAnswer}. */
interface RunningOptions<S extends StreamShapes, N extends keyof S & string> {
  readonly session: SessionOf<S, N>
  readonly id: string | undefined
  readonly input?: InputOf<S[N]>
  readonly onEnd?: (message: Message<DataOf<S[N]>>) => void
}

/** The answer that runs: the session that follows it, and the message that shows it. */
export class RunningAnswer<S extends StreamShapes, N extends keyof S & string> {
  /** The message that it is shown as. A stream that was found has none before its first event. */
  id: string | undefined
  readonly #host: Host<S, N>
  #session: SessionOf<S, N>
  /** The input of a start that was made here. */
  readonly #input: InputOf<S[N]> | undefined
  readonly #onEnd: (message: Message<DataOf<S[N]>>) => void
  #unsubscribe: () => unknown = () => {}
  #seen: Snapshot | undefined
  #lastData = 0

  constructor(host: Host<S, N>, { session, id, input, onEnd = () => {} }: RunningOptions<S, N>) {
    this.#host = host
    this.#session = session
    this.#input = input
    this.#onEnd = onEnd
    this.id = id
  }

  /**
   * What the page before this one, another tab or another device has started, if something runs.
   * @param byThread Whether it is looked for by the thread, if neither the storage nor the messages know its stream.
   */
  static find<S extends StreamShapes, N extends keyof S & string>(
    host: Host<S, N>,
    byThread: boolean,
  ): RunningAnswer<S, N> | undefined {
    const last = host.tree.path.at(-1)
    // The message of an answer that had not ended: it goes on, or turns out to be lost.
    const open = last?.role === 'assistant' && !hasEnded(last) ? last : undefined
    const streamId = open?.streamId ?? null
    const { sessions } = host
    const session =
      sessions.remembered() ?? (streamId !== null || byThread ? sessions.attach(streamId) : undefined)
    return session && new RunningAnswer(host, { session, id: open?.id })
  }

  get session(): SessionOf<S, N> {
    return this.#session
  }

  /** Its message has come from the store, under the id that it has there. */
  showAs(id: string): void {
    const { tree } = this.#host
    this.id = id
    tree.put(this.#shownAs(tree.get(id)!, this.#session.snapshot))
  }

  /** Shows what comes. If nobody looks, the start is delivered all the same. */
  follow(): void {
    const session = this.#session
    this.#unsubscribe = session.subscribe(() => this.#read(session))
    if (!this.#host.isOpen()) session.detach()
    this.#read(session)
  }

  /** Shows it again, from what is there: after {@link leave}, or through another client. */
  followAgain(): void {
    this.leave()
    this.#session = this.#host.sessions.again(this.#session, this.#input)
    this.#seen = undefined
    this.follow()
  }

  leave(): void {
    this.#unsubscribe()
    this.#session.detach()
  }

  cancel(): Promise<void> {
    return this.#session.cancel()
  }

  /** Takes the session's snapshot into its message. */
  #read(session: SessionOf<S, N>): void {
    const host = this.#host
    const { tree } = host
    const { snapshot } = session
    if (snapshot === this.#seen || session !== this.#session) return
    this.#seen = snapshot
    if (snapshot.lastChunkId > 0) this.id ??= this.#messageOf(snapshot)
    const before = tree.get(this.id ?? null)
    const message = before && this.#shownAs(before, snapshot)
    if (message) {
      tree.put(message)
      const asked = tree.get(message.parentId)
      if (asked?.status === 'sending' && message.status !== 'sending' && snapshot.streamId !== null) {
        tree.put({ ...asked, status: 'done' })
      }
    }
    host.onChange()
    for (const event of snapshot.data) {
      if (event.chunk_id <= this.#lastData) continue
      this.#lastData = event.chunk_id
      if (message) host.onData(event as DataOf<S[N]>, message)
    }
    if (!snapshot.ended || (snapshot.detached && !host.isUsed())) return
    this.#unsubscribe()
    host.onEnd(message)
    if (message) this.#onEnd(message)
  }

  /** The message as its session has it now. Until the first event comes, it keeps the content that was stored. */
  #shownAs(before: Message<DataOf<S[N]>>, snapshot: Snapshot): Message<DataOf<S[N]>> {
    const { error, detached, lastChunkId } = snapshot
    const message = { ...before, ...answerOf<DataOf<S[N]>>(snapshot) }
    if (lastChunkId > 0) return message
    const { parts, text } = before
    const isLost = this.#input === undefined && (detached || error?.type === 'not_found')
    return { ...message, parts, text, ...(isLost && failure(new StreamingError('producer_lost', LOST_LOG))) }
  }

  /** The message of a stream that was found: the one that has its id, or a new one. */
  #messageOf({ streamId }: Snapshot): string {
    const { tree } = this.#host
    const last = tree.path.at(-1)
    if (last?.role === 'assistant' && (last.streamId === streamId || !hasEnded(last))) return last.id
    const id = createKey()
    tree.put(toMessage({ id, role: 'assistant', parts: [] }, last?.id ?? null))
    return id
  }
}
