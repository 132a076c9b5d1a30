import type { IdempotencyScope, LogReader, StreamRecord, ThreadScope } from '@sluice/core/server'
import { CLAIM, NOTE_LEASES, RELEASE } from '../scripts/index-keys.ts'
import { Unfinished } from '../unfinished.ts'
import { Collections } from './collections.ts'
import { EndedStreams, type ForgettingLog } from './ended-streams.ts'
import { REFUSED, Tombstones } from './tombstones.ts'

/** A key expires after its stream, so that it never allows a start whose answer can still be read. */
const KEY_SLACK_MS = 1000

/** The part of a log that an {@link Index} uses. */
export interface IndexedLog extends ForgettingLog {
  open(streamId: string): Promise<LogReader | undefined>
}

/**
 * How streams are found otherwise than by id: by idempotency key, by owner, by thread, by lease. All of these live in other slots
 * than the stream, so each may be out of step with it for a moment, and a reader of one checks whether the stream
 * is there.
 */
export class Index {
  readonly #log: IndexedLog
  readonly #collections: Collections
  readonly #ended: EndedStreams
  readonly #tombstones: Tombstones
  readonly #unfinished = new Unfinished()

  constructor(log: IndexedLog) {
    this.#log = log
    this.#collections = new Collections(log)
    this.#ended = new EndedStreams(log)
    this.#tombstones = new Tombstones(log)
  }

  /** The stream is about to be created: the reaper, and lists, must be able to find it. */
  async add(record: StreamRecord): Promise<void> {
    const { connection, keys, bounds } = this.#log
    await Promise.all([
      connection.ask(NOTE_LEASES, [keys.leases], [`${bounds.leaseMs}`, record.streamId]),
      this.#collections.add(record),
    ])
  }

  async remove(record: StreamRecord): Promise<void> {
    const { streamId, owner, stream, idempotency } = record
    const { connection, keys } = this.#log
    await connection.command(keys.leases, ['ZREM', keys.leases, streamId])
    await Promise.all([this.#collections.remove(record), this.#ended.remove(record)])
    if (idempotency === undefined) return
    await connection.ask(RELEASE, [keys.idempotency({ owner, stream, key: idempotency.key })], [streamId])
  }

  /** Gives a stream its key. Answers with the stream that has it, if that is another. */
  async claim(record: StreamRecord): Promise<LogReader | 'refused' | undefined> {
    const { connection, keys, bounds } = this.#log
    const key = keys.idempotency({ ...record, key: record.idempotency!.key })
    let stale = ''
    for (;;) {
      const value = await connection.ask(CLAIM, [key], [record.streamId, `${bounds.ttlMs}`, stale])
      if (value === record.streamId) return undefined
      if (value === REFUSED) return 'refused'
      const reader = await this.#log.open(value as string)
      if (reader !== undefined) return reader
      // Its stream is no more: the key is free, unless somebody else is faster.
      stale = value as string
    }
  }

  async find(scope: IdempotencyScope): Promise<string | undefined> {
    const key = this.#log.keys.idempotency(scope)
    const value = (await this.#log.connection.command(key, ['GET', key])) as string | null
    return value === null || value === REFUSED ? undefined : value
  }

  /** Leaves a tombstone, unless the start has come. */
  async refuse(scope: IdempotencyScope): Promise<LogReader | undefined> {
    const { connection, keys, bounds } = this.#log
    const key = keys.idempotency(scope)
    let stale = REFUSED
    for (;;) {
      const args = [REFUSED, `${bounds.refusedTtlMs}`, stale]
      const value = await connection.ask(CLAIM, [key], args)
      if (value === REFUSED) {
        // A client that floods waits for it.
        await this.#tombstones.added(key, scope.owner)
        return undefined
      }
      const reader = await this.#log.open(value as string)
      if (reader !== undefined) return reader
      stale = value as string
    }
  }

  /** The streams of an owner, the oldest first. */
  ofOwner(owner: string): Promise<readonly LogReader[]> {
    return this.#readersIn(this.#log.keys.owner(owner))
  }

  /** The streams of a thread, the oldest first. */
  ofThread(scope: ThreadScope): Promise<readonly LogReader[]> {
    return this.#readersIn(this.#log.keys.thread(scope))
  }

  async #readersIn(key: string): Promise<readonly LogReader[]> {
    const members = await this.#collections.membersOf(key)
    const readers = await Promise.all(members.map(({ streamId }) => this.#log.open(streamId)))
    const dead = members.filter((_, index) => readers[index] === undefined)
    if (dead.length > 0) this.#soon(this.#collections.takeDead(key, dead))
    return readers.filter((reader) => reader !== undefined)
  }

  /** The key leads to this stream from now on, no more to the one in whose place it is. */
  inherit(record: StreamRecord, predecessorId: string): void {
    const { idempotency } = record
    if (idempotency === undefined) return
    const { connection, keys, bounds } = this.#log
    const args = [record.streamId, `${bounds.ttlMs}`, predecessorId]
    this.#soon(connection.ask(CLAIM, [keys.idempotency({ ...record, key: idempotency.key })], args))
  }

  /** Its lease needs nobody, its key lives as long as it does, and its owner has this number of bytes more that have ended. */
  ended(record: StreamRecord, bytes: number): void {
    const { streamId, owner, stream, idempotency } = record
    const { connection, keys, bounds } = this.#log
    this.#soon(this.#ended.add(record, bytes))
    this.#soon(connection.command(keys.leases, ['ZREM', keys.leases, streamId]))
    if (idempotency === undefined) return
    const key = keys.idempotency({ owner, stream, key: idempotency.key })
    this.#soon(connection.command(key, ['PEXPIRE', key, `${bounds.endedTtlMs + KEY_SLACK_MS}`]))
  }

  /**
   * The stream lives on, because it is appended to or read: what leads to it does, too. A key that dies before its
   * stream would let a repeated start buy a second answer.
   */
  keep(record: StreamRecord, ended: boolean): void {
    const { connection, keys, bounds } = this.#log
    this.#soon(this.#collections.keep(record))
    if (record.idempotency === undefined) return
    const key = keys.idempotency({ ...record, key: record.idempotency.key })
    const ttlMs = (ended ? bounds.endedTtlMs : bounds.ttlMs) + KEY_SLACK_MS
    this.#soon(connection.command(key, ['PEXPIRE', key, `${ttlMs}`]))
  }

  /** A lease that is over was found: the reaper may not know of it. */
  abandoned(streamId: string): void {
    const { connection, keys } = this.#log
    this.#soon(connection.ask(NOTE_LEASES, [keys.leases], ['0', streamId]))
  }

  /** Redis had lost everything, and has the stream again. */
  restore(record: StreamRecord): void {
    if (record.idempotency !== undefined) this.#soon(this.claim(record))
  }

  /** Resolves when what was begun is done. */
  settled(): Promise<void> {
    return this.#unfinished.settled()
  }

  /** Nobody waits for it; if it fails, the reaper or a time to live does the same later. */
  #soon(work: Promise<unknown>): void {
    this.#unfinished.add(work).catch(() => {})
  }
}
