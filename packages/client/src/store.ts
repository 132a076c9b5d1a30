import { isFinal, type StreamState, transition } from '@sluice/core'
import type { Kept, Snapshot } from './snapshot.ts'
import { Transcript } from './transcript.ts'
import type { Observable, Tail } from './views.ts'

/** What a snapshot has beside the transcript, and beside what follows from the rest. */
type Facts = Omit<Snapshot, 'ended' | 'text' | 'reasoning' | 'toolCalls' | 'lastChunkId'>

/** The facts that are numbers of times. */
type Count = 'revision' | 'reconnects' | 'gaps' | 'repeats'

/** The one place where a session's state lives. Snapshots are made when somebody looks. */
export class Store implements Observable {
  transcript: Transcript
  /** Changed by {@link change} alone. */
  readonly facts: Facts
  readonly tails = new Set<Tail>()
  #snapshot: Snapshot | undefined
  #isAnnounced = true
  readonly #listeners = new Set<() => void>()

  constructor(streamId: string | null, start: Kept | undefined) {
    this.transcript = new Transcript(start)
    this.facts = {
      state: 'idle',
      detached: false,
      cancelling: false,
      waiting: null,
      streamId,
      model: null,
      usage: null,
      finishReason: null,
      cancelReason: null,
      error: null,
      revision: 0,
      reconnects: 0,
      gaps: 0,
      repeats: 0,
    }
  }

  get ended(): boolean {
    return this.facts.detached || isFinal(this.facts.state)
  }

  get snapshot(): Snapshot {
    const { ended } = this
    const { text, reasoning, toolCalls, lastChunkId } = this.transcript
    this.#snapshot ??= { ...this.facts, ended, text, reasoning, toolCalls, lastChunkId }
    return this.#snapshot
  }

  /** Changes facts; with none, says that the transcript has changed. Nobody is told before {@link announce}. */
  change(facts?: Partial<Facts>): void {
    Object.assign(this.facts, facts)
    this.#snapshot = undefined
    this.#isAnnounced = false
  }

  /** Once more. */
  count(what: Count): void {
    this.change({ [what]: this.facts[what] + 1 })
  }

  /**
   * Goes to a state, if it is not there.
   * @throws {IllegalTransition} where the table has no way.
   */
  enter(state: StreamState): void {
    if (state !== this.facts.state) this.change({ state: transition(this.facts.state, state) })
  }

  /** Goes to a final state, and says what there is to say of it. */
  end(state: 'completed' | 'error' | 'cancelled', facts?: Partial<Facts>): void {
    this.change({ ...facts, waiting: null, cancelling: false })
    this.enter(state)
  }

  /** Bound, as frameworks want it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    if (!this.ended) this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Tells the listeners, if anything has changed since they were told. After the end, for the last time. */
  announce(): void {
    if (this.#isAnnounced) return
    this.#isAnnounced = true
    for (const listener of this.#listeners) {
      try {
        listener()
      } catch (error) {
        queueMicrotask(() => {
          throw error
        })
      }
    }
    if (this.ended) this.#listeners.clear()
  }
}
