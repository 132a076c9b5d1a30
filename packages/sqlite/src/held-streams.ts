import type { StreamingError } from '@sluice/core'
import type { Alarm, Clock, IdempotencyScope } from '@sluice/core/server'
import { scopedKey } from './database/rows.ts'
import type { StreamObserver } from './log-parts.ts'
import type { SqliteReader } from './sqlite-reader.ts'
import type { SqliteWriter } from './sqlite-writer.ts'

/** How long an ended stream that is read stays in memory, in milliseconds: its viewers are about to take its end. */
const KEEP_IN_MEMORY_MS = 5_000

/** The streams that a log has in this process: those that run here, those that have just ended, and those that are read. */
export class HeldStreams implements StreamObserver {
  readonly #clock: Clock
  readonly #writers = new Map<string, SqliteWriter>()
  /** The same by their key, for those that have one. */
  readonly #keys = new Map<string, SqliteWriter>()
  /** Streams that ended before, and are read from the file. */
  readonly #readers = new Map<string, SqliteReader>()
  /** Writers that have ended and whose events are in memory yet, and when those go, in the order of their end. */
  readonly #endedAt = new Map<SqliteWriter, number>()
  readonly #dropping: Alarm

  constructor(clock: Clock) {
    this.#clock = clock
    this.#dropping = clock.alarm(() => this.dropEnded(clock.now()))
  }

  /** The numbers of the ended streams that are being read. */
  get readNow(): readonly number[] {
    return [...this.#readers.values(), ...this.#endedAt.keys()].map(({ no }) => no)
  }

  writer(streamId: string): SqliteWriter | undefined {
    return this.#writers.get(streamId)
  }

  get(streamId: string): SqliteWriter | SqliteReader | undefined {
    return this.#writers.get(streamId) ?? this.#readers.get(streamId)
  }

  byKey(scope: IdempotencyScope): SqliteWriter | undefined {
    return this.#keys.get(scopedKey(scope))
  }

  /** It runs here from now on. */
  add(writer: SqliteWriter): void {
    this.#writers.set(writer.record.streamId, writer)
    const key = keyOf(writer)
    if (key !== undefined) this.#keys.set(key, writer)
  }

  remove(writer: SqliteWriter): void {
    const { streamId } = writer.record
    this.#endedAt.delete(writer)
    if (this.#writers.get(streamId) === writer) this.#writers.delete(streamId)
    const key = keyOf(writer)
    if (key !== undefined && this.#keys.get(key) === writer) this.#keys.delete(key)
    writer.evict()
  }

  /** The file does not have it any more. */
  forget(streamId: string): void {
    const writer = this.#writers.get(streamId)
    if (writer !== undefined) this.remove(writer)
    this.#readers.get(streamId)?.evict()
  }

  /** Its last event is in the file. */
  closed(writer: SqliteWriter): void {
    if (!writer.isRead) {
      this.remove(writer)
      return
    }
    this.#endedAt.set(writer, this.#clock.now() + KEEP_IN_MEMORY_MS)
    if (this.#endedAt.size === 1) this.#dropping.setIn(KEEP_IN_MEMORY_MS)
  }

  /** Nobody in this process reads it any more. */
  unread(writer: SqliteWriter): void {
    if (writer.ended) this.remove(writer)
  }

  watched(reader: SqliteReader): void {
    this.#readers.set(reader.record.streamId, reader)
  }

  unwatched(reader: SqliteReader): void {
    const { streamId } = reader.record
    if (this.#readers.get(streamId) === reader) this.#readers.delete(streamId)
  }

  /** Frees the memory of streams that ended before: their viewers that are behind read from the file. */
  dropEnded(now = Number.POSITIVE_INFINITY): void {
    for (const [writer, at] of this.#endedAt) {
      if (at > now) {
        this.#dropping.setIn(at - now)
        return
      }
      this.#endedAt.delete(writer)
      writer.dropEnded()
    }
  }

  /** Ends the runs of all. */
  failRuns(error: StreamingError): void {
    for (const writer of [...this.#writers.values()]) writer.failRun(error)
  }

  evict(): void {
    this.#dropping.clear()
    for (const stream of [...this.#writers.values(), ...this.#readers.values()]) stream.evict()
    this.#writers.clear()
    this.#keys.clear()
    this.#readers.clear()
  }
}

function keyOf({ record }: SqliteWriter): string | undefined {
  const { idempotency } = record
  return idempotency === undefined ? undefined : scopedKey({ ...record, key: idempotency.key })
}
