import type { Index } from './find/stream-index.ts'
import type { ReaderObserver, RedisReader } from './read/redis-reader.ts'
import type { RedisWriter, WriterObserver } from './write/redis-writer.ts'

/** The streams that a log has to do with in this process: those that run here, and those that are read here. */
export class HeldStreams implements WriterObserver, ReaderObserver {
  readonly #index: Index
  readonly #writers = new Map<string, RedisWriter>()
  readonly #readers = new Map<string, RedisReader>()

  constructor(index: Index) {
    this.#index = index
  }

  get writers(): ReadonlyMap<string, RedisWriter> {
    return this.#writers
  }

  get readers(): ReadonlyMap<string, RedisReader> {
    return this.#readers
  }

  /** It runs here from now on. */
  add(writer: RedisWriter): void {
    writer.joinShare()
    this.#writers.set(writer.record.streamId, writer)
  }

  closed(writer: RedisWriter, how: 'ended' | 'lost'): void {
    const { record } = writer
    if (this.#writers.get(record.streamId) === writer) this.#writers.delete(record.streamId)
    if (how === 'ended') this.#index.ended(record, writer.byteLength)
  }

  keep({ record, ended }: RedisWriter | RedisReader): void {
    this.#index.keep(record, ended)
  }

  restoring({ record }: RedisWriter): Promise<void> {
    return this.#index.add(record)
  }

  restored({ record }: RedisWriter): void {
    this.#index.restore(record)
  }

  watched(reader: RedisReader): void {
    const { streamId } = reader.record
    if (!this.#readers.has(streamId)) this.#readers.set(streamId, reader)
  }

  unwatched(reader: RedisReader): void {
    const { streamId } = reader.record
    if (this.#readers.get(streamId) === reader) this.#readers.delete(streamId)
  }

  abandoned({ record }: RedisReader): void {
    this.#index.abandoned(record.streamId)
  }

  /** The connection goes again: what was missed is asked for. */
  reconnected(): void {
    for (const writer of this.#writers.values()) writer.reconnected()
    for (const reader of this.#readers.values()) {
      reader.catchUp().catch(() => {
        // The next heartbeat asks again.
      })
    }
  }

  /** Resolves when Redis has all that was appended here, or never will. */
  async confirmed(): Promise<void> {
    await Promise.all([...this.#writers.values()].map((writer) => writer.confirmed()))
  }

  /** Lets go of all. */
  evict(): void {
    for (const stream of [...this.#writers.values(), ...this.#readers.values()]) stream.evict()
    this.#writers.clear()
    this.#readers.clear()
  }
}
