import { randomBytes } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { StreamingError } from '@sluice/core'
import {
  type Creation,
  type IdempotencyScope,
  type LogReader,
  processWheel,
  type StreamLog,
  type StreamRecord,
  silentLogger,
  type Wheel,
} from '@sluice/core/server'
import { Connection } from './connection.ts'
import { Heartbeat } from './heartbeat.ts'
import { Keys } from './keys.ts'
import { Linger } from './linger.ts'
import { type RedisLogMetrics, RedisMeter } from './metrics.ts'
import { type Bounds, boundsOf, type RedisLogOptions } from './options.ts'
import { STATE } from './reading-scripts.ts'
import { Reaper } from './reaper.ts'
import { type ReaderObserver, RedisReader } from './redis-reader.ts'
import { RedisWriter } from './redis-writer.ts'
import type { Store } from './store.ts'
import { Index } from './stream-index.ts'
import { FORMAT_VERSION, recordOf, stateOf } from './stream-state.ts'
import type { WriterObserver } from './writer-observer.ts'
import { CANCEL, CREATE, FORGET, WITHDRAW } from './writing-scripts.ts'

/**
 * The log on Redis 7 or Valkey: any instance serves any viewer, stops any stream, and ends those of an instance that
 * died. It connects by itself, twice, and again whenever a connection breaks off.
 * @throws {RangeError} where a bound is not a number that can be held to.
 * @throws {TypeError} where there is neither `url` nor `client`, or both.
 */
export function redisLog(options: RedisLogOptions): RedisLog {
  return new RedisLog(options)
}

/** See {@link redisLog}. */
export class RedisLog implements StreamLog, Store, WriterObserver, ReaderObserver {
  readonly shared = true
  readonly instanceId = randomBytes(12).toString('base64url')
  /** @internal */
  readonly connection: Connection
  /** @internal */
  readonly keys: Keys
  readonly bounds: Bounds
  readonly wheel: Wheel
  /** @internal */
  readonly linger: Linger
  /** @internal */
  readonly meter = new RedisMeter()
  readonly #index: Index
  readonly #heartbeat: Heartbeat
  readonly #writers = new Map<string, RedisWriter>()
  readonly #readers = new Map<string, RedisReader>()
  readonly #waiting = new Set<RedisWriter>()
  readonly #unfinished = new Set<Promise<unknown>>()
  readonly #onInbox = (message: string): void => this.#hear(message)
  #bytes = 0
  #closing: Promise<void> | undefined

  constructor(options: RedisLogOptions) {
    this.bounds = boundsOf(options)
    this.wheel = options.wheel ?? processWheel
    this.keys = new Keys(options.keyPrefix ?? 'sluice:')
    this.linger = new Linger(this.bounds.lingerMs)
    const reaper = new Reaper(this)
    this.connection = new Connection({
      url: options.url,
      client: options.client,
      commandTimeoutMs: this.bounds.commandTimeoutMs,
      logger: options.logger ?? silentLogger,
      onReady: () => this.#reconnected(reaper),
    })
    this.#index = new Index(this)
    this.#heartbeat = new Heartbeat({
      store: this,
      writers: () => this.#writers.values(),
      readers: () => this.#readers.values(),
      reaper,
    })
    this.connection.listen(this.keys.inbox(this.instanceId), this.#onInbox).catch(() => {
      // Until there is a connection, a cancel is read with the next append.
    })
  }

  get byteLength(): number {
    return this.#bytes
  }

  get full(): boolean {
    return this.#bytes >= this.bounds.maxBytes
  }

  /** What the log has done in this process. */
  metrics(): RedisLogMetrics {
    return this.meter.snapshot({
      writers: this.#writers.size,
      tails: this.#readers.size,
      bytes: this.#bytes,
    })
  }

  /**
   * The stream comes first, and its key after it: so a key never names a stream that is not there yet, though in a
   * Cluster no script can write both. Where the key turns out to be another's, the stream is taken back unseen.
   */
  create(record: StreamRecord): Promise<Creation> {
    if (this.#closing !== undefined) return Promise.reject(new StreamingError('shutting_down'))
    return this.#finishing(this.#createStream(record))
  }

  async #createStream(record: StreamRecord): Promise<Creation> {
    const writer = new RedisWriter(this, record, randomBytes(12).toString('base64url'), this)
    await Promise.all([this.#index.add(record), this.#create(writer)])
    const taken = record.idempotency && (await this.#index.claim(record))
    if (taken === undefined) {
      this.#writers.set(record.streamId, writer)
      return { outcome: 'created', writer }
    }
    await this.connection.ask(WITHDRAW, [writer.keys.meta, writer.keys.log], [writer.token])
    await this.#index.remove(record)
    return taken === 'refused' ? { outcome: 'cancelled' } : { outcome: 'exists', reader: taken }
  }

  /** Opens a stream, as far as Redis has it now. */
  async open(streamId: string): Promise<LogReader | undefined> {
    const writer = this.#writers.get(streamId)
    if (writer?.isOpen) return writer
    const state = stateOf(await this.connection.ask(STATE, [this.keys.of(streamId).meta], []))
    if (state === undefined) return undefined
    if (state.last < state.goal && !state.ended) {
      // Its producer is appending again what Redis had lost: a cursor beyond the end is not beyond the stream's.
      throw new StreamingError('capacity', 'The log is being restored.', { retryAfterMs: 1000 })
    }
    const reader = this.#readers.get(streamId) ?? new RedisReader(this, state, this)
    reader.heard(state)
    return reader
  }

  async openByKey(scope: IdempotencyScope): Promise<LogReader | undefined> {
    const streamId = await this.#index.find(scope)
    return streamId === undefined ? undefined : await this.open(streamId)
  }

  async refuseKey(scope: IdempotencyScope): Promise<LogReader | undefined> {
    return await this.#index.refuse(scope)
  }

  async requestCancel(streamId: string, reason: string): Promise<void> {
    const writer = this.#writers.get(streamId)
    if (writer?.isOpen) writer.cancel(reason)
    else await this.connection.ask(CANCEL, [this.keys.of(streamId).meta], [streamId, reason])
  }

  async list(owner: string): Promise<readonly LogReader[]> {
    const ids = await this.#index.ofOwner(owner)
    const readers = await Promise.all(ids.map((id) => this.open(id)))
    return readers.filter((reader) => reader !== undefined)
  }

  forget(streamId: string): Promise<void> {
    return this.#finishing(this.#forget(streamId))
  }

  async #forget(streamId: string): Promise<void> {
    await this.#writers.get(streamId)?.safe()
    const { meta, log, viewers, channel } = this.keys.of(streamId)
    const record = await this.connection.ask(
      FORGET,
      [meta, log, viewers],
      [channel, this.connection.publishCommand],
    )
    if (record !== null) await this.#index.remove(recordOf(record as string))
  }

  /** What has ended is in Redis, and not in this process; nothing is to be freed. */
  evictEnded(): void {}

  /** Waits until Redis has what was appended, for as long as a command may take, and disconnects. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const deadline = Promise.withResolvers<void>()
    const timer = setTimeout(deadline.resolve, this.bounds.commandTimeoutMs)
    await Promise.race([this.#finished(), deadline.promise])
    clearTimeout(timer)
    this.#heartbeat.stop()
    this.linger.close()
    for (const stream of [...this.#writers.values(), ...this.#readers.values()]) stream.evict()
    this.#writers.clear()
    this.#readers.clear()
    this.connection.close()
  }

  /** Resolves when nothing is left to do: a start that came before the close may still have to be taken back. */
  async #finished(): Promise<void> {
    while (this.#unfinished.size > 0) {
      await Promise.allSettled(this.#unfinished)
      // Who waited for it has its turn, and may have more to ask.
      await nextTurn()
    }
    await Promise.all([...this.#writers.values()].map((writer) => writer.safe()))
    await this.#index.settled()
  }

  #finishing<T>(work: Promise<T>): Promise<T> {
    this.#unfinished.add(work)
    const done = (): void => {
      this.#unfinished.delete(work)
    }
    work.then(done, done)
    return work
  }

  /** @internal */
  account(bytes: number): void {
    this.#bytes += bytes
    if (bytes > 0 || this.#waiting.size === 0 || this.full) return
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const writer of waiting) queueMicrotask(() => writer.onRoom())
  }

  /** @internal */
  stoodStillSince(time: number): boolean {
    return this.#heartbeat.stoodStillSince(time)
  }

  /** @internal */
  closed(writer: RedisWriter, how: 'ended' | 'lost'): void {
    const { record } = writer
    this.#waiting.delete(writer)
    if (this.#writers.get(record.streamId) === writer) this.#writers.delete(record.streamId)
    if (how === 'ended') this.#index.ended(record)
  }

  /** @internal */
  restored({ record }: RedisWriter): void {
    this.#index.restore(record)
  }

  /** @internal */
  waitsForRoom(writer: RedisWriter): void {
    this.#waiting.add(writer)
  }

  /** @internal */
  watched(reader: RedisReader): void {
    const { streamId } = reader.record
    if (!this.#readers.has(streamId)) this.#readers.set(streamId, reader)
  }

  /** @internal */
  unwatched(reader: RedisReader): void {
    const { streamId } = reader.record
    if (this.#readers.get(streamId) === reader) this.#readers.delete(streamId)
  }

  async #create({ record, token, keys }: RedisWriter): Promise<void> {
    const { leaseMs, ttlMs } = this.bounds
    const inbox = this.keys.inbox(this.instanceId)
    const args = [
      FORMAT_VERSION,
      JSON.stringify(record),
      token,
      inbox,
      '1',
      '0',
      '0',
      `${leaseMs}`,
      `${ttlMs}`,
    ]
    const isNew = await this.connection.ask(CREATE, [keys.meta], args)
    if (isNew !== 1) throw new StreamingError('conflict', 'There is a stream with this id.')
  }

  #hear(message: string): void {
    const [, streamId, reason] = /^cancel (\S+) (.*)$/s.exec(message) ?? []
    if (streamId !== undefined) this.#writers.get(streamId)?.cancel(reason ?? '')
  }

  #reconnected(reaper: Reaper): void {
    reaper.startOver()
    for (const writer of this.#writers.values()) writer.reconnected()
    for (const reader of this.#readers.values()) {
      reader.probe(0).catch(() => {
        // The next heartbeat asks again.
      })
    }
  }
}
