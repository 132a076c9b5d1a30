import { randomBytes } from 'node:crypto'
import { StreamingError } from '@sluice/core'
import {
  type Clock,
  type Creation,
  type HeldMemory,
  type IdempotencyScope,
  type LogReader,
  processClock,
  type Restarter,
  type RestartPlan,
  type StreamLog,
  type StreamRecord,
  silentLogger,
  type ThreadScope,
} from '@sluice/core/server'
import { Connection } from './connection/connection.ts'
import { forgetStream } from './find/forget-stream.ts'
import { Keys } from './find/keys.ts'
import { Index } from './find/stream-index.ts'
import { HeldStreams } from './held-streams.ts'
import { Epoch } from './instances/epoch.ts'
import { Heartbeat } from './instances/heartbeat.ts'
import { Reaper } from './instances/reaper.ts'
import { type SucceedingLog, Succession } from './instances/succession.ts'
import { type RedisLogMetrics, RedisMeter } from './metrics.ts'
import { type Bounds, boundsOf, memoryOf, type RedisLogOptions } from './options.ts'
import { RedisReader } from './read/redis-reader.ts'
import { stateOf } from './read/stream-state.ts'
import { STATE } from './scripts/reading.ts'
import { CANCEL, CREATE, WITHDRAW } from './scripts/writing.ts'
import { Unfinished } from './unfinished.ts'
import { Appends } from './write/appends.ts'
import { creationOf, NEW } from './write/creation.ts'
import { BEHIND_APPEND_MS, GatherTimer } from './write/gather-timer.ts'
import { RedisWriter } from './write/redis-writer.ts'

/**
 * The log on Redis 7 or Valkey: any instance serves any viewer, stops any stream, and ends those of an instance that
 * died. It connects by itself, twice, and again whenever a connection breaks off.
 * @throws {RangeError} if a bound is not a valid number.
 * @throws {TypeError} if there is neither `url` nor `client`, or both.
 */
export function redisLog(options: RedisLogOptions): RedisLog {
  return new RedisLog(options)
}

/** See {@link redisLog}. */
export class RedisLog implements StreamLog, SucceedingLog {
  readonly shared = true
  readonly instanceId = randomBytes(12).toString('base64url')
  /** @internal */
  readonly connection: Connection
  /** @internal */
  readonly keys: Keys
  readonly bounds: Bounds
  readonly clock: Clock
  /** @internal */
  readonly memory: HeldMemory
  /** @internal */
  readonly gatherTimer: GatherTimer
  /** @internal */
  readonly appends = new Appends(this)
  /** @internal */
  readonly meter = new RedisMeter()
  /** @internal */
  restarter: Restarter | undefined
  readonly #index: Index
  readonly #epoch = new Epoch(this)
  readonly #heartbeat: Heartbeat
  readonly #held: HeldStreams
  readonly #unfinished = new Unfinished()
  readonly #onInbox = (message: string): void => this.#hear(message)
  #closing: Promise<void> | undefined

  constructor(options: RedisLogOptions) {
    this.bounds = boundsOf(options)
    this.memory = memoryOf(options)
    this.clock = options.clock ?? processClock
    this.keys = new Keys(options.keyPrefix ?? 'sluice:')
    this.gatherTimer = new GatherTimer(BEHIND_APPEND_MS)
    const reaper = new Reaper(this, new Succession(this))
    this.connection = new Connection({
      url: options.url,
      client: options.client,
      commandTimeoutMs: this.bounds.commandTimeoutMs,
      logger: options.logger ?? silentLogger,
      onReady: () => this.#reconnected(reaper),
    })
    this.#index = new Index(this)
    this.#held = new HeldStreams(this.#index)
    this.#heartbeat = new Heartbeat({
      context: this,
      writers: () => this.#held.writers.values(),
      readers: () => this.#held.readers.values(),
      epoch: this.#epoch,
      reaper,
    })
    this.connection.listen(this.keys.inbox(this.instanceId), this.#onInbox).catch(() => {
      // Until there is a connection, a cancel is read with the next append.
    })
  }

  get byteLength(): number {
    return this.memory.bytes
  }

  get full(): boolean {
    return this.memory.full
  }

  isFullFor(owner: string): boolean {
    const share = this.memory.shareOf(owner)
    return share !== undefined && this.memory.isFullFor(share)
  }

  /** The metrics of the log in this process. */
  metrics(): RedisLogMetrics {
    return this.meter.snapshot({
      writers: this.#held.writers.size,
      tails: this.#held.readers.size,
      bytes: this.memory.bytes,
    })
  }

  /**
   * The stream comes first, and its key after it: so a key never names a stream that is not there yet, though in a
   * Cluster no script can write both. If the key turns out to be another's, the stream is taken back unseen.
   */
  create(record: StreamRecord, plan?: RestartPlan): Promise<Creation> {
    if (this.#closing !== undefined) return Promise.reject(new StreamingError('shutting_down'))
    return this.#unfinished.add(this.#createStream(record, plan))
  }

  async #createStream(record: StreamRecord, plan: RestartPlan | undefined): Promise<Creation> {
    const writer = this.#writer(record, plan)
    const [isNew] = await Promise.all([
      this.connection.ask(CREATE, [writer.keys.meta, writer.keys.log], creationOf(this, writer, NEW)),
      this.#index.add(record),
    ])
    if (isNew !== 1) throw new StreamingError('conflict', 'There is a stream with this id.')
    const taken = record.idempotency && (await this.#index.claim(record))
    if (taken === undefined) {
      this.#held.add(writer)
      return { outcome: 'created', writer }
    }
    await this.connection.ask(WITHDRAW, [writer.keys.meta, writer.keys.log], [writer.token])
    await this.#index.remove(record)
    return taken === 'refused' ? { outcome: 'cancelled' } : { outcome: 'exists', reader: taken }
  }

  restartWith(restarter: Restarter): void {
    this.restarter = restarter
  }

  /** @internal */
  async succeed(
    record: StreamRecord,
    plan: RestartPlan,
    predecessorId: string,
  ): Promise<RedisWriter | undefined> {
    const writer = this.#writer(record, plan)
    await this.#index.add(record)
    const isNew = await this.connection.run(
      CREATE,
      [writer.keys.meta, writer.keys.log],
      creationOf(this, writer, NEW),
    )
    if (isNew !== 1) return undefined
    this.#held.add(writer)
    this.#index.inherit(record, predecessorId)
    return writer
  }

  #writer(record: StreamRecord, plan: RestartPlan | undefined): RedisWriter {
    const writer = new RedisWriter(this, record, randomBytes(12).toString('base64url'), this.#held)
    writer.plan = plan
    return writer
  }

  /** Opens a stream, as far as Redis has it now. */
  async open(streamId: string): Promise<LogReader | undefined> {
    const writer = this.#held.writers.get(streamId)
    if (writer?.isOpen) return writer
    const state = stateOf(await this.connection.ask(STATE, [this.keys.of(streamId).meta], []))
    if (state?.isAbandoned) this.#index.abandoned(streamId)
    const isMissing = state === undefined && (await this.#epoch.isNewFor(streamId))
    // Its producer is about to write, or writing, again what Redis had lost: it is not gone, nor is a cursor beyond
    // the end beyond the stream's.
    if (isMissing || (state !== undefined && state.last < state.goal && !state.ended)) {
      throw new StreamingError('capacity', 'The log is being restored.', { retryAfterMs: 1000 })
    }
    if (state === undefined) return undefined
    const reader = this.#held.readers.get(streamId) ?? new RedisReader(this, state, this.#held)
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
    // The caller may not know yet that another stream has taken the place of this one.
    for (let id: unknown = streamId; typeof id === 'string'; ) {
      const writer = this.#held.writers.get(id)
      if (writer?.isOpen) return writer.cancel(reason)
      id = await this.connection.ask(CANCEL, [this.keys.of(id).meta], [id, reason])
    }
  }

  list(owner: string): Promise<readonly LogReader[]> {
    return this.#index.ofOwner(owner)
  }

  listThread(scope: ThreadScope): Promise<readonly LogReader[]> {
    return this.#index.ofThread(scope)
  }

  forget(streamId: string): Promise<void> {
    return this.#unfinished.add(this.#forget(streamId))
  }

  async #forget(streamId: string): Promise<void> {
    await this.#held.writers.get(streamId)?.confirmed()
    const record = await forgetStream(this, streamId)
    if (record !== undefined) await this.#index.remove(record)
  }

  /** Ended streams are in Redis, and not in this process; nothing is to be freed. */
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
    this.gatherTimer.close()
    this.appends.close()
    this.#held.evict()
    this.connection.close()
  }

  /** Resolves when nothing is left to do: a start that came before the close may still have to be taken back. */
  async #finished(): Promise<void> {
    await this.#unfinished.settled()
    await this.#held.confirmed()
    await this.#index.settled()
  }

  /** @internal */
  stoodStillSince(time: number): boolean {
    return this.#heartbeat.stoodStillSince(time)
  }

  #hear(message: string): void {
    const [, what, streamId, reason] = /^(\w+) (\S+) ?(.*)$/s.exec(message) ?? []
    const writer = this.#held.writers.get(streamId ?? '')
    if (what === 'cancel') writer?.cancel(reason ?? '')
    // Viewers elsewhere have reported their cursors, because it asked.
    else if (what === 'viewers') writer?.renew(0)
  }

  #reconnected(reaper: Reaper): void {
    reaper.startOver()
    this.#epoch.look().catch(() => {
      // The next heartbeat looks again.
    })
    this.#held.reconnected()
  }
}
