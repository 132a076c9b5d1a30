import type { EventOf, InputOf, StreamShapes } from '@sluice/core'
import { cancelFrame, requestFrame } from '../animation-frame.ts'
import type { StreamClient } from '../client.ts'
import { idleSnapshot } from '../session/session-state.ts'
import type { StreamSession } from '../session/stream-session.ts'
import type { Snapshot } from '../snapshot.ts'

/** The state of the stream, one frame old at most, and the functions to start, stop and retry it. */
export interface UseStreamResult<I, E>
  extends Pick<
    Snapshot,
    | 'text'
    | 'reasoning'
    | 'toolCalls'
    | 'sources'
    | 'files'
    | 'usage'
    | 'state'
    | 'error'
    | 'waiting'
    | 'streamId'
  > {
  /** The application's own parts so far, typed as the definition yields them. The same array until one comes. */
  readonly data: readonly Extract<E, { readonly type: 'data_chunk' }>[]
  /**
   * Starts a generation. The one before is detached, and goes on unseen.
   * @throws {TypeError} if `input` is not JSON.
   */
  readonly start: (input: I) => StreamSession<E>
  /**
   * Stops the generation on the server, also before its answer came. Resolves when the server has confirmed, at
   * once if nothing runs.
   * @throws {StreamingError} when the server refused or could not be reached; the stream then goes on.
   */
  readonly stop: () => Promise<void>
  /** Starts once more with the same input: a new generation. Does nothing if {@link canRetry} is false. */
  readonly retry: () => void
  /** Something was started here, and has ended. */
  readonly canRetry: boolean
  /** Forgets the stream, also in the storage: back to `idle`. One that runs is detached. */
  readonly dismiss: () => void
  /** Something was started or found, and has not ended. */
  readonly isRunning: boolean
  /** For those who want its events. Another object after a change of client or a second mount. */
  readonly session: StreamSession<E> | undefined
  /** All that is known; the fields above are from here. */
  readonly snapshot: Snapshot
}

/** The options that a component was rendered with. */
interface Wanted<S extends StreamShapes, N extends keyof S & string> {
  readonly client: StreamClient<S>
  readonly name: N
  readonly streamId: string | undefined
  readonly resume: string | false
  readonly onEnd: ((snapshot: Snapshot) => void) | undefined
}

/** One stream, as one session of it after the other follows it. */
interface Followed<S extends StreamShapes, N extends keyof S & string> {
  readonly client: StreamClient<S>
  readonly session: StreamSession<EventOf<S[N]>>
  readonly rememberAs: string | false
  /** The input of `start`, as JSON text, so that later changes of the object do not matter. Absent if it was found. */
  readonly input?: string | undefined
  /** The session was detached because the component is not mounted. */
  isAway?: boolean
  hasToldEnd?: boolean
}

/**
 * The stream of a component, followed from its mount to its unmount, and again if it comes back. A session is begun in
 * an event or after the mount, never in a render: React may throw a render away, and nobody would detach the session.
 */
export class StreamFollower<S extends StreamShapes, N extends keyof S & string> {
  #wanted: Wanted<S, N>
  #followed: Followed<S, N> | undefined
  #isMounted = false
  /** It has not yet looked whether there is something to follow. */
  #isToFind = true
  #unwatch = (): void => {}
  #result: UseStreamResult<InputOf<S[N]>, EventOf<S[N]>>
  readonly #listeners = new Set<() => void>()

  constructor(wanted: Wanted<S, N>) {
    this.#wanted = wanted
    this.#result = this.#resultOf(undefined)
  }

  /** The same object until there is something to render. Bound, as React wants it. */
  readonly result = (): UseStreamResult<InputOf<S[N]>, EventOf<S[N]>> => this.#result

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The component is there. Returns the function that says that it no longer is. */
  mount(): () => void {
    this.#isMounted = true
    // StrictMode mounts, unmounts and mounts in one turn: what the first began would be thrown away.
    queueMicrotask(() => this.#reconcile())
    return () => {
      this.#isMounted = false
      this.#reconcile()
    }
  }

  /** The result to render with these options: nothing of the stream that is followed, if they ask for another one. */
  resultFor(wanted: Wanted<S, N>): UseStreamResult<InputOf<S[N]>, EventOf<S[N]>> {
    return this.#asksForOther(wanted) ? this.#resultOf(undefined) : this.#result
  }

  /** The component was rendered with these options, and the render was committed. */
  update(wanted: Wanted<S, N>): void {
    const { client } = this.#wanted
    const asksForOther = this.#asksForOther(wanted)
    const hasMoved = this.#hasMoved(wanted)
    this.#wanted = wanted
    if (asksForOther) {
      this.#isToFind = hasMoved || wanted.streamId !== undefined
      this.#unfollow()
      this.#publish()
    } else if (wanted.client === client) return
    if (this.#isMounted) this.#reconcile()
  }

  #hasMoved({ name, resume }: Wanted<S, N>): boolean {
    return name !== this.#wanted.name || resume !== this.#wanted.resume
  }

  #asksForOther(wanted: Wanted<S, N>): boolean {
    const { streamId } = this.#wanted
    const isOther = wanted.streamId !== streamId && this.#isOther(wanted.streamId, streamId)
    return isOther || this.#hasMoved(wanted)
  }

  /** Whether what is followed is not what the new id asks for. An id that goes takes only its own stream along. */
  #isOther(id: string | undefined, before: string | undefined): boolean {
    const followed = this.#followed?.session.streamId
    return id === undefined ? followed === before : followed !== id
  }

  /** Brings what is followed in line with what is wanted. */
  #reconcile(): void {
    const { client } = this.#wanted
    const followed = this.#followed
    if (followed === undefined) {
      if (this.#isMounted && this.#isToFind) this.#find()
      return
    }
    const { session } = followed
    const { cancelling, ended } = session.snapshot
    const isToMove = followed.isAway || (followed.client !== client && !ended)
    if (cancelling && (isToMove || !this.#isMounted)) {
      // Most likely it ends now, and nothing is to be followed any more. It has no connection.
      void session.cancel().then(
        () => this.#reconcile(),
        () => this.#reconcile(),
      )
    }
    if (!this.#isMounted) {
      this.#unwatch()
      if (cancelling || ended) return
      followed.isAway = true
      session.detach()
    } else if (isToMove && !cancelling) this.#moveOn(followed)
    else this.#watch(followed)
  }

  /** Looks for what runs. */
  #find(): void {
    this.#isToFind = false
    const { client, name, streamId, resume } = this.#wanted
    const found = resume === false ? undefined : client.resume(name, { rememberAs: resume })
    if (streamId !== undefined && streamId !== found?.streamId) {
      found?.detach()
      this.#follow(client.attach(name, streamId), false)
    } else if (found === undefined) return
    else this.#follow(found, resume)
    this.#publish()
  }

  /** Follows the same stream with a session of the client that is wanted now, from what is there. */
  #moveOn({ session, rememberAs, input }: Followed<S, N>): void {
    const { client, name } = this.#wanted
    const { streamId, snapshot, idempotencyKey } = session
    this.#unfollow()
    if (streamId !== null)
      this.#follow(client.attach(name, streamId, { ...snapshot, rememberAs }), rememberAs, input)
    else if (input !== undefined) {
      const again = { idempotencyKey: idempotencyKey ?? undefined, rememberAs }
      this.#follow(client.start(name, JSON.parse(input), again), rememberAs, input)
    }
    // The page before this one has started it: the storage knows the input.
    else this.#find()
    // Not at once: a client that is made in each render would make this a loop that nothing else gets into.
    requestFrame(this.#publish)
  }

  #follow(session: StreamSession<EventOf<S[N]>>, rememberAs: string | false, input?: string): void {
    this.#unfollow()
    this.#isToFind = false
    this.#followed = { client: this.#wanted.client, session, rememberAs, input }
    this.#reconcile()
  }

  #unfollow(): void {
    this.#unwatch()
    this.#followed?.session.detach()
    this.#followed = undefined
  }

  #watch(followed: Followed<S, N>): void {
    this.#unwatch()
    const { session } = followed
    const look = (): void => {
      const { snapshot } = session
      if (!snapshot.ended) {
        requestFrame(this.#publish)
        return
      }
      this.#unwatch()
      // The storage remembered a stream that the server no longer has: there is nothing to follow.
      if (snapshot.detached && followed.input === undefined && snapshot.lastChunkId === 0) this.#forgetGone()
      this.#publish()
      if (snapshot.detached || followed.hasToldEnd) return
      followed.hasToldEnd = true
      this.#wanted.onEnd?.(snapshot)
    }
    const unsubscribe = session.subscribe(look)
    this.#unwatch = () => {
      unsubscribe()
      cancelFrame(this.#publish)
    }
    // Looks for changes since the last look; a step that was asked for may just have been taken back.
    look()
  }

  /** If the application itself names the stream, it has to see the server's answer. */
  #forgetGone(): void {
    const { client, name, streamId } = this.#wanted
    const isNamed = streamId !== undefined && this.#followed?.session.streamId === streamId
    this.#unfollow()
    if (isNamed && this.#isMounted) this.#follow(client.attach(name, streamId), false)
  }

  readonly #publish = (): void => {
    this.#result = this.#resultOf(this.#followed)
    for (const listener of this.#listeners) listener()
  }

  #resultOf(followed: Followed<S, N> | undefined): UseStreamResult<InputOf<S[N]>, EventOf<S[N]>> {
    const { session, input, isAway } = followed ?? {}
    const snapshot = session?.snapshot ?? idleSnapshot()
    const { text, reasoning, toolCalls, sources, files, usage, state, error, waiting, streamId } = snapshot
    const hasEnded = snapshot.ended && !isAway
    return {
      start: this.#start,
      stop: this.#stop,
      retry: this.#retry,
      dismiss: this.#dismiss,
      text,
      reasoning,
      toolCalls,
      data: snapshot.data as readonly Extract<EventOf<S[N]>, { readonly type: 'data_chunk' }>[],
      sources,
      files,
      usage,
      state,
      error,
      waiting,
      streamId,
      isRunning: session !== undefined && !hasEnded,
      canRetry: input !== undefined && hasEnded,
      session,
      snapshot,
    }
  }

  readonly #start = (value: InputOf<S[N]>): StreamSession<EventOf<S[N]>> => {
    const { client, name, resume } = this.#wanted
    const input = JSON.stringify(value)
    const before = this.#followed
    // StrictMode runs an effect twice, with an unmount in between: the same start, with the same key.
    const isRepeat = before?.isAway && before.input === input && before.session.streamId === null
    const idempotencyKey = (isRepeat && before.session.idempotencyKey) || undefined
    const session = client.start(name, value, { rememberAs: resume, idempotencyKey })
    this.#follow(session, resume, input)
    this.#publish()
    return session
  }

  readonly #stop = (): Promise<void> => {
    const stopped = this.#cancel()
    // A button's handler need not catch it: the session's `watch` reports it too.
    stopped.catch(() => {})
    return stopped
  }

  async #cancel(): Promise<void> {
    const followed = this.#followed
    await followed?.session.cancel()
    // Its start is void now: it must not be sent when the component comes back.
    if (followed?.isAway && followed.session.streamId === null && followed === this.#followed) this.#dismiss()
  }

  readonly #retry = (): void => {
    const { input } = this.#followed ?? {}
    if (input !== undefined && this.#result.canRetry) this.#start(JSON.parse(input))
  }

  readonly #dismiss = (): void => {
    const followed = this.#followed
    if (followed === undefined) return
    if (followed.rememberAs !== false) followed.client.forget(followed.rememberAs)
    this.#unfollow()
    this.#publish()
  }
}
