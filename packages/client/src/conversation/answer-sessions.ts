import type { EventOf, InputOf, StreamShapes } from '@sluice/core'
import type { StreamClient } from '../client.ts'
import type { StreamSession } from '../session/stream-session.ts'

/** The session of an answer. */
export type SessionOf<S extends StreamShapes, N extends keyof S> = StreamSession<EventOf<S[N]>>

/** The sessions that follow the answers of a conversation. */
export class AnswerSessions<S extends StreamShapes, N extends keyof S & string> {
  /** The client of the next ones. */
  client: StreamClient<S>
  readonly name: N
  readonly #thread: string

  constructor(client: StreamClient<S>, name: N, thread: string) {
    this.client = client
    this.name = name
    this.#thread = thread
  }

  /** The name of the running stream in the client's storage. */
  get place(): string {
    return `${this.name}/${this.#thread}`
  }

  /** Starts an answer, or finds the one that the same key has started. */
  start(input: InputOf<S[N]>, idempotencyKey?: string): SessionOf<S, N> {
    return this.client.start(this.name, input, {
      idempotencyKey,
      rememberAs: this.place,
      thread: this.#thread,
    })
  }

  /** The answer that the page before this one has started, if the storage knows that it runs. */
  remembered(): SessionOf<S, N> | undefined {
    return this.client.resume(this.name, { rememberAs: this.place })
  }

  /** The answer that another tab or another device has started, by its stream or, if `null`, by the thread. */
  attach(streamId: string | null): SessionOf<S, N> {
    const { client, name, place: rememberAs } = this
    // What has ended in the meantime is no longer found by its thread.
    return streamId === null
      ? client.attach(name, { thread: this.#thread })
      : client.attach(name, streamId, { rememberAs })
  }

  /** Follows the same answer again, from what is there. */
  again(session: SessionOf<S, N>, input: InputOf<S[N]> | undefined): SessionOf<S, N> {
    const { streamId, snapshot, idempotencyKey } = session
    if (snapshot.ended && !snapshot.detached) return session
    if (streamId !== null) {
      return this.client.attach(this.name, streamId, { ...snapshot, rememberAs: this.place })
    }
    // The input of what the page before this one has started is known to the storage alone.
    if (input === undefined || idempotencyKey === null) return this.remembered() ?? this.attach(null)
    return this.start(input, idempotencyKey)
  }
}
