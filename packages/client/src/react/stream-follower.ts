import type { EventOf, InputOf, StreamShapes } from '@sluice/core'
import type { StreamClient } from '../client.ts'
import { idleSnapshot } from '../session/session-state.ts'
import type { StreamSession } from '../session/stream-session.ts'
import type { Snapshot } from '../snapshot.ts'
import { cancelFrame, requestFrame } from './animation-frame.ts'

/** What is known of the stream, one frame old at most, and what can be done. */
export interface UseStreamResult<I, E>
  extends Pick<
    Snapshot,
    'text' | 'reasoning' | 'toolCalls' | 'usage' | 'state' | 'error' | 'waiting' | 'streamId'
  > {
  /**
   * Starts a generation. The one before is detached, and goes on unseen.
   * @throws {TypeError} where `input` is not JSON.
   */
  readonly start: (input: I) => StreamSession<E>
  /**
   * Stops the generation on the server, also before its answer came. Resolves when the server has confirmed, at
   * once where nothing runs.
   * @throws {StreamingError} when the server refused or could not be reached; the stream then goes on.
   */
  readonly stop: () => Promise<void>
  /** Starts once more with the same input: a new generation. Nothing where {@link canRetry} is false. */
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

/** What a component was rendered with. */
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
  /** What `start` got, as JSON text, whatever becomes of the object. Nothing where the stream was found. */
  readonly input?: string | undefined
  /** The session was detached because the component is not mounted. */
  isAway?: boolean
  hasToldEnd?: boolean
}

/**
 * What a component follows, from its mount to its unmount, and again if it comes back. A session is begun in an event
 * or after the mount, never in a render: React may throw a render away, and nobody would detach the session.
 */
export class StreamFollower<S extends StreamShapes, N extends keyof S & string> {
  #wanted: Wanted<S, N>
  #followed: Followed<S, N> | undefined
  #isMounted = false
  /** It has not yet looked whether there is something to follow. */
  #isSeeking = true
  #unwatch = (): void => {}
  #result: UseStreamResult<InputOf<S[N]>, EventOf<S[N]>>
  readonly #listeners = new Set<() => void>()

  constructor(wanted: Wanted<S, N>) {
    this.#wanted = wanted
    this.#result = this.#see()
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
    queueMicrotask(() => this.#settle())
    return () => {
      this.#isMounted = false
      this.#settle()
    }
  }

  /** The component was rendered with this. */
  want(wanted: Wanted<S, N>): void {
    const { client, name, resume, streamId } = this.#wanted
    this.#wanted = wanted
    const hasMoved = wanted.name !== name || wanted.resume !== resume
    const isOther = wanted.streamId !== streamId && this.#isOther(wanted.streamId, streamId)
    if (hasMoved || isOther) {
      this.#isSeeking = hasMoved || wanted.streamId !== undefined
      this.#leave()
      this.#show()
    } else if (wanted.client === client) return
    if (this.#isMounted) this.#settle()
  }

  /** Whether what is followed is not what the new id asks for. An id that goes takes only its own stream along. */
  #isOther(id: string | undefined, before: string | undefined): boolean {
    const followed = this.#followed?.session.streamId
    return id === undefined ? followed === before : followed !== id
  }

  /** Brings what is followed in line with what is wanted. */
  #settle(): void {
    const { client } = this.#wanted
    const followed = this.#followed
    if (followed === undefined) {
      if (this.#isMounted && this.#isSeeking) this.#seek()
      return
    }
    const { session } = followed
    const { cancelling, ended } = session.snapshot
    const isToMove = followed.isAway || (followed.client !== client && !ended)
    if (cancelling && (isToMove || !this.#isMounted)) {
      // Most likely it ends now, and nothing is to be followed any more. It has no connection.
      void session.cancel().then(
        () => this.#settle(),
        () => this.#settle(),
      )
    }
    if (!this.#isMounted) {
      this.#unwatch()
      if (cancelling || ended) return
      followed.isAway = true
      session.detach()
    } else if (isToMove && !cancelling) this.#goOn(followed)
    else this.#watch(followed)
  }

  /** Looks for what runs. */
  #seek(): void {
    this.#isSeeking = false
    const { client, name, streamId, resume } = this.#wanted
    const found = resume === false ? undefined : client.resume(name, { rememberAs: resume })
    if (streamId !== undefined && streamId !== found?.streamId) {
      found?.detach()
      this.#enter(client.attach(name, streamId), false)
    } else if (found === undefined) return
    else this.#enter(found, resume)
    this.#show()
  }

  /** Follows the same stream with a session of the client that is wanted now, from what is there. */
  #goOn({ session, rememberAs, input }: Followed<S, N>): void {
    const { client, name } = this.#wanted
    const { streamId, snapshot, idempotencyKey } = session
    this.#leave()
    if (streamId !== null)
      this.#enter(client.attach(name, streamId, { ...snapshot, rememberAs }), rememberAs, input)
    else if (input !== undefined) {
      const again = { idempotencyKey: idempotencyKey ?? undefined, rememberAs }
      this.#enter(client.start(name, JSON.parse(input), again), rememberAs, input)
    }
    // The page before this one has started it: the storage knows the input.
    else this.#seek()
    // Not at once: a client that is made in each render would make this a loop that nothing else gets into.
    requestFrame(this.#show)
  }

  #enter(session: StreamSession<EventOf<S[N]>>, rememberAs: string | false, input?: string): void {
    this.#leave()
    this.#isSeeking = false
    this.#followed = { client: this.#wanted.client, session, rememberAs, input }
    this.#settle()
  }

  #leave(): void {
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
        requestFrame(this.#show)
        return
      }
      this.#unwatch()
      this.#show()
      if (snapshot.detached || followed.hasToldEnd) return
      followed.hasToldEnd = true
      this.#wanted.onEnd?.(snapshot)
    }
    const unsubscribe = session.subscribe(look)
    this.#unwatch = () => {
      unsubscribe()
      cancelFrame(this.#show)
    }
    // What has happened since the last look; a step that was asked for may just have been taken back.
    look()
  }

  readonly #show = (): void => {
    this.#result = this.#see()
    for (const listener of this.#listeners) listener()
  }

  #see(): UseStreamResult<InputOf<S[N]>, EventOf<S[N]>> {
    const { session, input, isAway } = this.#followed ?? {}
    const snapshot = session?.snapshot ?? idleSnapshot()
    const { text, reasoning, toolCalls, usage, state, error, waiting, streamId } = snapshot
    const hasEnded = snapshot.ended && !isAway
    return {
      start: this.#start,
      stop: this.#stop,
      retry: this.#retry,
      dismiss: this.#dismiss,
      text,
      reasoning,
      toolCalls,
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
    const session = client.start(name, value, { rememberAs: resume })
    this.#enter(session, resume, JSON.stringify(value))
    this.#show()
    return session
  }

  readonly #stop = async (): Promise<void> => {
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
    this.#leave()
    this.#show()
  }
}
