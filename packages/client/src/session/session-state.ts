import {
  isFinal,
  type StreamingError,
  type StreamState,
  Transcript,
  type TranscriptContent,
} from '@sluice/core'
import type { Kept, Snapshot } from '../snapshot.ts'
import type { Notice } from './notice.ts'
import type { Observable, TextCollector } from './text-iterators.ts'

/** The fields of a snapshot that are not in the transcript and do not follow from other fields. */
type Facts = Omit<Snapshot, 'ended' | keyof TranscriptContent>

/** The facts that are numbers of times. */
type Count = 'revision' | 'reconnects' | 'gaps' | 'repeats'

/** Holds all state of a session. Snapshots are made on request. */
export class SessionState implements Observable {
  transcript: Transcript
  /** Changed by {@link change} alone. */
  readonly facts: Facts
  readonly collectors = new Set<TextCollector>()
  #snapshot: Snapshot | undefined
  #isAnnounced = true
  readonly #listeners = new Set<() => void>()
  readonly #watchers = new Set<(notice: Notice) => void>()
  #notices: Notice[] = []
  #onEnd: (error: StreamingError | null) => void = () => {}

  constructor(streamId: string | null, start: Partial<Kept> | undefined) {
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
    const { text, reasoning, toolCalls, data, sources, files, order, lastChunkId } = this.transcript
    const content = { text, reasoning, toolCalls, data, sources, files, order, lastChunkId }
    this.#snapshot ??= { ...this.facts, ended, ...content }
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

  /** Goes to a state, if it is not there. Tests check each change against core's table; a page does not load it. */
  enter(state: StreamState): void {
    const from = this.facts.state
    if (state === from) return
    this.change({ state })
    this.note({ type: 'state', from, to: state })
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

  watch(listener: (notice: Notice) => void): () => void {
    if (!this.ended) this.#watchers.add(listener)
    return () => this.#watchers.delete(listener)
  }

  /** Something for those who watch, which they are told with the next {@link announce}. */
  note(notice: Notice): void {
    this.#isAnnounced = false
    if (this.#watchers.size > 0) this.#notices.push(notice)
  }

  /** Calls `listener` when nothing more will come, with the error if there is one. At once, if that is so already. */
  onEnd(listener: (error: StreamingError | null) => void): void {
    this.#onEnd = listener
    if (this.ended) listener(this.facts.error)
  }

  /**
   * Changes facts, and tells the listeners if anything has changed since they were told. After the end, for the last
   * time.
   */
  announce(facts?: Partial<Facts>, notice?: Notice | false): void {
    if (facts) this.change(facts)
    if (notice) this.note(notice)
    if (this.#isAnnounced) return
    this.#isAnnounced = true
    for (const listener of this.#listeners) call(listener)
    for (const notice of this.#notices.splice(0)) {
      for (const watcher of this.#watchers) call(() => watcher(notice))
    }
    if (!this.ended) return
    this.#listeners.clear()
    this.#watchers.clear()
    this.#onEnd(this.facts.error)
  }
}

/** An error of a listener is reported, and does not reach the others. */
function call(listener: () => void): void {
  try {
    listener()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}

let idle: Snapshot | undefined

/** The snapshot of a session that has not begun: the same object each time. */
export function idleSnapshot(): Snapshot {
  idle ??= new SessionState(null, undefined).snapshot
  return idle
}
