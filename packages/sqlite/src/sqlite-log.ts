import { randomBytes } from 'node:crypto'
import { StreamingError } from '@sluice/core'
import {
  type Creation,
  type HeldMemory,
  type IdempotencyScope,
  type LogReader,
  processClock,
  RefusedKeys,
  type Restarter,
  type RestartPlan,
  type StreamLog,
  type StreamRecord,
  silentLogger,
  type ThreadScope,
} from '@sluice/core/server'
import { type OpenFile, openFile } from './database/open.ts'
import { Pages } from './database/pages.ts'
import { type Rows, type StreamRow, scopedKey, scopedThread } from './database/rows.ts'
import { HeldStreams } from './held-streams.ts'
import { Housekeeping } from './housekeeping.ts'
import type { LogParts } from './log-parts.ts'
import { type Bounds, boundsOf, memoryOf, type SqliteLogOptions } from './options.ts'
import { Orphans } from './orphans.ts'
import { SqliteReader } from './sqlite-reader.ts'
import { SqliteWriter } from './sqlite-writer.ts'
import type { NewRow } from './threads/messages.ts'
import { Outbox } from './write/outbox.ts'

/** How long a close waits for the file, in milliseconds. */
const CLOSE_MS = 5_000

/**
 * The log in a file: for one process, which may end at any time. After a restart every viewer resumes, ended streams
 * are there for as long as `ttlMs` says, and those that ran go on as their definitions say (`onProducerLost`).
 *
 * @example
 * const hub = createHub({ streams, log: sqliteLog({ path: 'data/streams.db' }) })
 *
 * @throws {SqliteLogError} if the file cannot be opened: another process has it, it is damaged, or it is not writable.
 * @throws {RangeError} if a bound is not a valid number.
 * @throws {TypeError} if `path` or `survives` is not valid.
 */
export function sqliteLog(options: SqliteLogOptions): SqliteLog {
  return new SqliteLog(options)
}

/** See {@link sqliteLog}. */
export class SqliteLog implements StreamLog, LogParts {
  readonly shared = false
  /** @internal */
  readonly memory: HeldMemory
  /** @internal */
  readonly outbox: Outbox
  /** @internal */
  readonly pages: Pages
  /** @internal */
  readonly held: HeldStreams
  readonly bounds: Bounds
  readonly #file: OpenFile
  readonly #rows: Rows
  readonly #housekeeping: Housekeeping
  readonly #orphans: Orphans
  readonly #refusedKeys = new RefusedKeys()
  #no: number
  #closing: Promise<void> | undefined

  constructor(options: SqliteLogOptions) {
    const { clock = processClock, logger = silentLogger } = options
    this.bounds = boundsOf(options)
    this.held = new HeldStreams(clock)
    this.memory = memoryOf(options, () => this.held.dropEnded())
    this.#file = openFile(this.bounds.path)
    this.#rows = this.#file.rows
    this.pages = new Pages(this.#rows)
    const { no, seq } = this.#rows.highest()
    this.#no = no
    this.#housekeeping = new Housekeeping({
      ...this.bounds,
      clock,
      logger,
      readNow: () => this.held.readNow,
    })
    this.outbox = new Outbox(
      {
        ...this.bounds,
        clock,
        logger,
        onOutage: (error) => this.held.failRuns(error),
        onWritten: (bytes) => this.#housekeeping.wrote(bytes),
      },
      seq,
    )
    for (const { key, owner, until } of this.#rows.refused()) this.#refusedKeys.add(key, owner, until)
    this.#orphans = new Orphans({ clock, succeed: (orphan, plan) => this.#succeed(orphan, plan) })
    for (const row of this.#rows.running()) this.#orphans.add(this.#adopt(row), row)
  }

  get byteLength(): number {
    return this.memory.bytes
  }

  get full(): boolean {
    return this.memory.full || this.outbox.isFailing || this.#housekeeping.isFull
  }

  isFullFor(owner: string): boolean {
    const share = this.memory.shareOf(owner)
    return share !== undefined && this.memory.isFullFor(share)
  }

  create(record: StreamRecord, plan?: RestartPlan): Creation | Promise<Creation> {
    if (this.#closing !== undefined) throw new StreamingError('shutting_down')
    const { idempotency } = record
    if (idempotency !== undefined) {
      const scope = { ...record, key: idempotency.key }
      const taken = this.openByKey(scope)
      if (taken !== undefined) return existing(taken)
      if (this.#refusedKeys.has(this.#forgetRefused(scope))) return { outcome: 'cancelled' }
    }
    const writer = this.#add(record, plan)
    return this.#stored(writer, undefined).then(() => ({ outcome: 'created', writer }))
  }

  restartWith(restarter: Restarter): void {
    this.#orphans.restartWith(restarter)
  }

  open(streamId: string): LogReader | undefined {
    return this.held.get(streamId) ?? this.#reader(this.#rows.byId(streamId, this.#endedAfter))
  }

  openByKey(scope: IdempotencyScope): LogReader | undefined {
    return this.held.byKey(scope) ?? this.#reader(this.#rows.byKey(scopedKey(scope), this.#endedAfter))
  }

  async refuseKey(scope: IdempotencyScope): Promise<LogReader | undefined> {
    const taken = this.openByKey(scope)
    if (taken !== undefined) return taken
    const key = this.#forgetRefused(scope)
    const until = Date.now() + this.bounds.refusedTtlMs
    this.#refusedKeys.add(key, scope.owner, until)
    await this.outbox.changed({ do: 'refuse', key, owner: scope.owner ?? null, until })
    return undefined
  }

  requestCancel(streamId: string, reason: string): void {
    // The caller may not know yet that another stream has taken the place of this one.
    for (let id: string | undefined = streamId; id !== undefined; ) {
      const writer = this.held.writer(id)
      if (writer?.isOpen) {
        writer.cancel(reason)
        return
      }
      id = this.#rows.byId(id, this.#endedAfter)?.successor
    }
  }

  async list(owner: string): Promise<readonly LogReader[]> {
    return this.#readersOf(await this.#rows.ofOwner(owner, this.#endedAfter))
  }

  async listThread({ owner, thread }: ThreadScope): Promise<readonly LogReader[]> {
    return this.#readersOf(await this.#rows.ofThread(scopedThread(owner, thread), this.#endedAfter))
  }

  async forget(streamId: string): Promise<void> {
    const writer = this.held.writer(streamId)
    if (writer !== undefined && writer.endId === undefined) return
    await writer?.confirmed()
    const row = this.#rows.byId(streamId, this.#endedAfter)
    if (row?.endedAt === undefined) return
    await this.outbox.changed({ do: 'forget', no: row.no })
    this.held.forget(streamId)
  }

  /** Ended streams are in the file; what is still of them in memory goes. */
  evictEnded(): void {
    this.held.dropEnded()
  }

  /** Waits until the file has what was appended, and closes it. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#orphans.stop()
    const deadline = Promise.withResolvers<void>()
    const timer = setTimeout(deadline.resolve, CLOSE_MS)
    await Promise.race([this.outbox.quiet(), deadline.promise])
    this.held.evict()
    this.#file.close()
    // The last connection moves the rest of the write-ahead log into the file, and deletes it.
    await Promise.race([this.outbox.close(), deadline.promise])
    await Promise.race([this.#housekeeping.close(), deadline.promise])
    clearTimeout(timer)
    this.#file.unlock()
  }

  get #endedAfter(): number {
    return Date.now() - this.bounds.ttlMs
  }

  #readersOf(rows: readonly StreamRow[]): LogReader[] {
    return rows.map((row) => this.#reader(row)).filter((reader) => reader !== undefined)
  }

  /** A stream that the file has. If it has not ended, it is among those that are held, or its start is being taken back. */
  #reader(row: StreamRow | undefined): LogReader | undefined {
    if (row === undefined) return undefined
    const held = this.held.get(row.record.streamId)
    if (held !== undefined || row.endedAt === undefined) return held
    return new SqliteReader(this, row)
  }

  /** A stream of a process that has ended. */
  #adopt({ no, record, plan, first, last }: StreamRow): SqliteWriter {
    const writer = new SqliteWriter(this, no, record, plan, { first, last })
    this.held.add(writer)
    return writer
  }

  #add(record: StreamRecord, plan: RestartPlan | undefined): SqliteWriter {
    this.#no += 1
    const writer = new SqliteWriter(this, this.#no, record, plan)
    this.held.add(writer)
    return writer
  }

  async #stored(writer: SqliteWriter, predecessor: number | undefined): Promise<void> {
    writer.created = this.outbox.changed({ do: 'create', row: rowOf(writer), predecessor })
    try {
      await writer.created
    } catch (error) {
      // Once the file can be written again it has the stream for a moment.
      this.outbox.change({ do: 'forget', no: writer.no })
      this.held.remove(writer)
      throw error
    }
  }

  /** Begins a stream in the place of one whose producer has died. */
  async #succeed(orphan: SqliteWriter, plan: RestartPlan): Promise<SqliteWriter> {
    const streamId = randomBytes(16).toString('base64url')
    const writer = this.#add({ ...orphan.record, streamId, createdAt: Date.now() }, plan)
    await this.#stored(writer, orphan.no)
    return writer
  }

  /** Returns the key, after those whose time is over are forgotten. */
  #forgetRefused(scope: IdempotencyScope): string {
    this.#refusedKeys.forget(Date.now())
    return scopedKey(scope)
  }
}

/** A start whose key is taken waits until it is certain that the first one is in the file. */
async function existing(reader: LogReader): Promise<Creation> {
  if (reader instanceof SqliteWriter) await reader.created
  return { outcome: 'exists', reader }
}

function rowOf({ no, record, plan }: SqliteWriter): NewRow {
  const { streamId, owner, thread, idempotency } = record
  const { checkpoint, ...kept } = plan ?? {}
  return {
    no,
    id: streamId,
    record: JSON.stringify(record),
    owner: owner ?? null,
    thread: thread === undefined ? null : scopedThread(owner, thread),
    key: idempotency === undefined ? null : scopedKey({ ...record, key: idempotency.key }),
    plan: plan === undefined ? null : JSON.stringify(kept),
    checkpoint: checkpoint ?? null,
  }
}
