import type { IdempotencyScope, LogReader, StreamRecord } from '@sluice/core/server'
import { CLAIM, NOTE_LEASES, RELEASE } from './index-scripts.ts'
import type { Store } from './store.ts'
import { Unfinished } from './unfinished.ts'

/** The value of a key whose start was cancelled before it came. No stream id has a space. */
const REFUSED = ' refused'
/** A key is let go of after its stream, so that it never frees a start whose answer can still be read. */
const KEY_SLACK_MS = 1000

/** What an {@link Index} needs of its log. */
export interface IndexedLog extends Store {
  open(streamId: string): Promise<LogReader | undefined>
}

/**
 * How streams are found otherwise than by id: by idempotency key, by owner, by lease. All of these live in other slots
 * than the stream, so each may be out of step with it for a moment, and whoever follows one looks whether the stream
 * is there.
 */
export class Index {
  readonly #log: IndexedLog
  readonly #unfinished = new Unfinished()

  constructor(log: IndexedLog) {
    this.#log = log
  }

  /** The stream is about to be: who looks for the dead, or for an owner's streams, must be able to find it. */
  async add({ streamId, owner, createdAt }: StreamRecord): Promise<void> {
    const { connection, keys, bounds } = this.#log
    await Promise.all([
      connection.ask(NOTE_LEASES, [keys.leases], [`${bounds.leaseMs}`, streamId]),
      owner === undefined ? undefined : this.#addToOwner(keys.owner(owner), streamId, createdAt),
    ])
  }

  async #addToOwner(key: string, streamId: string, createdAt: number): Promise<void> {
    const { connection, bounds } = this.#log
    await connection.command(key, ['ZADD', key, `${createdAt}`, streamId])
    await connection.command(key, ['PEXPIRE', key, `${bounds.ttlMs * 2}`])
  }

  async remove({ streamId, owner, stream, idempotency }: StreamRecord): Promise<void> {
    const { connection, keys } = this.#log
    await connection.command(keys.leases, ['ZREM', keys.leases, streamId])
    if (owner !== undefined) {
      const key = keys.owner(owner)
      await connection.command(key, ['ZREM', key, streamId])
    }
    if (idempotency === undefined) return
    await connection.ask(RELEASE, [keys.idempotency({ owner, stream, key: idempotency.key })], [streamId])
  }

  /** Gives a stream its key. Answers with who has it, where that is another. */
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
    let stale = REFUSED
    for (;;) {
      const args = [REFUSED, `${bounds.refusedTtlMs}`, stale]
      const value = await connection.ask(CLAIM, [keys.idempotency(scope)], args)
      if (value === REFUSED) return undefined
      const reader = await this.#log.open(value as string)
      if (reader !== undefined) return reader
      stale = value as string
    }
  }

  async ofOwner(owner: string): Promise<readonly string[]> {
    const key = this.#log.keys.owner(owner)
    return (await this.#log.connection.command(key, ['ZRANGE', key, '0', '-1'])) as string[]
  }

  /** The key leads to this stream from now on, no more to the one in whose place it is. */
  inherit(record: StreamRecord, predecessorId: string): void {
    const { idempotency } = record
    if (idempotency === undefined) return
    const { connection, keys, bounds } = this.#log
    const args = [record.streamId, `${bounds.ttlMs}`, predecessorId]
    this.#soon(connection.ask(CLAIM, [keys.idempotency({ ...record, key: idempotency.key })], args))
  }

  /** Its lease needs nobody, and its key lives as long as it does. */
  ended({ streamId, owner, stream, idempotency }: StreamRecord): void {
    const { connection, keys, bounds } = this.#log
    this.#soon(connection.command(keys.leases, ['ZREM', keys.leases, streamId]))
    if (idempotency === undefined) return
    const key = keys.idempotency({ owner, stream, key: idempotency.key })
    this.#soon(connection.command(key, ['PEXPIRE', key, `${bounds.endedTtlMs + KEY_SLACK_MS}`]))
  }

  /** Somebody has come upon a lease that is over: it may be nowhere where the reaper looks. */
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

  /** Nobody waits for it; where it fails, the reaper or a time to live does the same later. */
  #soon(work: Promise<unknown>): void {
    this.#unfinished.add(work).catch(() => {})
  }
}
