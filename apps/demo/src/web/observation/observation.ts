import { StreamRecord } from './stream-record.ts'

/** Names that are kept: a stream has one or two. */
const MAX_NAMES = 48

/**
 * The records of this page's streams. Kept whether or not the laboratory is open, so that it has something to
 * show when it opens; it costs an object per read from the network.
 */
export class Observation {
  /** By idempotency key, and by the stream's id once that is known: the same record under two names. */
  readonly #records = new Map<string, StreamRecord>()
  readonly #listeners = new Set<() => void>()
  #version = 0

  /** By the stream's id, or by the key that it was started with. */
  find(name: string | null): StreamRecord | undefined {
    return name === null ? undefined : this.#records.get(name)
  }

  /** The record of this name, a new one if there is none. */
  record(name: string): StreamRecord {
    const known = this.#records.get(name)
    if (known !== undefined) return known
    const record = new StreamRecord(this.#changed)
    this.#keep(name, record)
    return record
  }

  /** The server has named the stream. */
  name(record: StreamRecord, streamId: string): void {
    if (!this.#records.has(streamId)) this.#keep(streamId, record)
  }

  /** Every record once, oldest first. */
  get records(): readonly StreamRecord[] {
    return [...new Set(this.#records.values())]
  }

  /** Another number after each change. */
  get version(): number {
    return this.#version
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly #changed = (): void => {
    this.#version += 1
    for (const listener of this.#listeners) listener()
  }

  #keep(name: string, record: StreamRecord): void {
    this.#records.set(name, record)
    const oldest = this.#records.keys().next().value
    if (this.#records.size > MAX_NAMES && oldest !== undefined) this.#records.delete(oldest)
  }
}
