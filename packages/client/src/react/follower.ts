import type { EventOf, InputOf, StreamShapes } from '@sluice/core'
import type { StreamClient } from '../client.ts'
import type { Snapshot } from '../snapshot.ts'
import type { StreamSession } from '../stream-session.ts'
import { cancelStep, requestStep } from './frames.ts'
import { IDLE } from './idle.ts'
import type { UseStreamResult } from './use-stream.ts'

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
export class Follower<S extends StreamShapes, N extends keyof S & string> {
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
    const isElsewhere = wanted.name !== name || wanted.resume !== resume
    const isOther = wanted.streamId !== streamId && this.#isOther(wanted.streamId, streamId)
    if (isElsewhere || isOther) {
      this.#isSeeking = isElsewhere || wanted.streamId !== undefined
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
    requestStep(this.#show)
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
        requestStep(this.#show)
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
      cancelStep(this.#show)
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
    const snapshot = session?.snapshot ?? IDLE
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
