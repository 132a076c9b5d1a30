import { StreamingError } from '../../errors.ts'
import { type Clock, MAX_TIMER_MS, processClock } from '../clock.ts'
import type { AnyStreamDefinition, StreamDefinitions } from '../definition/define-stream.ts'
import { checkDefinition } from '../definition/validate.ts'
import type { Viewer, ViewerOptions } from '../delivery/viewer.ts'
import { Pressure, type PressureOptions } from '../load/pressure.ts'
import { reliefFor } from '../load/relief.ts'
import type { LogReader, StreamLog, StreamRecord } from '../log/log.ts'
import { type Logger, silentLogger } from '../telemetry/logger.ts'
import { type HubMetrics, Meter } from '../telemetry/metrics.ts'
import { type Access, checkAccess, type Scope } from './access.ts'
import { Admission, type HubLimits, RETRY_AFTER_MS } from './admission.ts'
import { EndReports } from './end-reports.ts'
import { StreamHandle } from './handle.ts'
import { scopedKey } from './idempotency.ts'
import { LiveStreams } from './live-streams.ts'
import {
  type KeyRequest,
  type ListedStream,
  type ListRequest,
  Lookup,
  type StreamRequest,
  type ThreadRequest,
} from './lookup.ts'
import { type StartRequest, Starts } from './starts.ts'

/** Options of {@link createHub}. */
export interface HubOptions<Streams extends StreamDefinitions = StreamDefinitions> {
  /** The definitions, by the name that the routes carry. */
  readonly streams: Streams
  /** Keeps the streams: `memoryLog()`, or a log that instances share. */
  readonly log: StreamLog
  /** How much the hub accepts at once, in all and for each owner. @default 10_000 streams, 50_000 viewers */
  readonly limits?: HubLimits
  /** When relief begins as memory or time runs short. */
  readonly pressure?: PressureOptions
  /**
   * How long `close()` waits for runs to end by themselves, in milliseconds. Fastify bounds it by its `pluginTimeout`, which
   * is 10 s unless you raise it. @default 8_000
   */
  readonly closeDeadlineMs?: number
  /** Gets what went wrong. Whole errors go to its `trace` only. @default the first Fastify server's that a plugin joins to the hub */
  readonly logger?: Logger
  /** The timer that everything waits on. @default the process's */
  readonly clock?: Clock
}

/** Starts streams, lets viewers read them, and stops them. One per application; the transports stand on it. */
export class Hub<Streams extends StreamDefinitions = StreamDefinitions> {
  readonly streams: Streams
  readonly clock: Clock
  readonly #log: StreamLog
  readonly #lookup: Lookup
  readonly #admission: Admission
  readonly #meter = new Meter()
  readonly #live: LiveStreams
  readonly #pressure: Pressure
  /** How long `close()` waits for runs to end by themselves, in milliseconds. */
  readonly closeDeadlineMs: number
  readonly #ends: EndReports
  readonly #starts: Starts
  #logger: Logger
  /** Not made for each stream: there it would keep all that the closures beside it need. */
  readonly #currentLogger = (): Logger => this.#logger
  #closing: Promise<void> | undefined
  #closeBy = Number.POSITIVE_INFINITY

  constructor(options: HubOptions<Streams>) {
    for (const [name, definition] of Object.entries(options.streams)) checkDefinition(name, definition)
    this.streams = options.streams
    this.clock = options.clock ?? processClock
    this.#logger = options.logger ?? silentLogger
    this.#log = options.log
    this.#lookup = new Lookup(options.streams, options.log)
    this.#admission = new Admission(options.limits ?? {}, this.clock)
    this.#ends = new EndReports(this.clock, this.#currentLogger)
    this.#live = new LiveStreams({
      clock: this.clock,
      meter: this.#meter,
      admission: this.#admission,
      logger: this.#currentLogger,
    })
    this.#pressure = new Pressure(
      options.pressure ?? {},
      this.clock,
      reliefFor(this.#log, this.#live),
      () => this.#admission.streams === 0 && this.#admission.viewers === 0,
    )
    this.closeDeadlineMs = options.closeDeadlineMs ?? 8_000
    this.#starts = new Starts({
      streams: this.streams,
      log: this.#log,
      clock: this.clock,
      admission: this.#admission,
      pressure: this.#pressure,
      live: this.#live,
      meter: this.#meter,
      ends: this.#ends,
      logger: this.#currentLogger,
      isClosing: () => this.isClosing,
    })
  }

  /** Whether new streams are refused because the server is shutting down. */
  get isClosing(): boolean {
    return this.#closing !== undefined
  }

  /** When the deadline of its close is over, on its clock's clock, in milliseconds; `Infinity` before it closes. */
  get closeBy(): number {
    return this.#closeBy
  }

  /** How many streams run and how many viewers read, in this process. */
  get load(): { readonly streams: number; readonly viewers: number } {
    return { streams: this.#admission.streams, viewers: this.#admission.viewers }
  }

  /** Counts and durations of this process since the hub was made. */
  metrics(): HubMetrics {
    return this.#meter.snapshot(this.#log.byteLength)
  }

  /** Sets the logger of a plugin's server, unless the application has chosen one. */
  offerLogger(logger: Logger): void {
    if (this.#logger === silentLogger) this.#logger = logger
  }

  /**
   * Starts a stream, or finds the one that this idempotency key started before.
   * @throws {StreamingError} `not_found`, `invalid_request`, `conflict`, `capacity`, `rate_limit`, `shutting_down`.
   */
  async start(request: StartRequest): Promise<StreamHandle> {
    const definition = this.#lookup.definition(request.stream)
    return this.startWith(definition, request)
  }

  /** As {@link Hub.start}, for a definition that is not one of the hub's: a route of the application's own. */
  async startWith(definition: AnyStreamDefinition, request: StartRequest): Promise<StreamHandle> {
    return this.#handle(await this.#starts.start(definition, request), request.owner)
  }

  /**
   * Finds a stream for a client that wants to read it.
   * @throws {StreamingError} `not_found` if there is none, or if it is not the client's: the same answer.
   */
  async find(request: StreamRequest): Promise<StreamHandle> {
    return this.#handle(await this.#lookup.open(request, 'attach'), request.owner)
  }

  /**
   * Finds the stream that a start with this key began. `undefined` if there is none, or it is not theirs: the same answer.
   * @throws {StreamingError} `not_found` if there is no such definition; `invalid_request` if the key is malformed
   */
  async findByKey(request: KeyRequest): Promise<StreamHandle | undefined> {
    const reader = await this.#lookup.byKey(request)
    return reader === undefined ? undefined : this.#handle(reader, request.owner)
  }

  /**
   * Stops a stream's generation, wherever it runs; if another stream has taken its place, that one's. If it has
   * ended, nothing happens.
   * @throws {StreamingError} `not_found`
   */
  async cancel(request: StreamRequest & { readonly reason?: string }): Promise<void> {
    const { record } = await this.#lookup.open(request, 'cancel')
    await this.#requestCancel(record, request.reason)
  }

  /**
   * Stops the stream that a start with this key began. If that start has not come yet, it is refused when it does.
   * @throws {StreamingError} `not_found`, `invalid_request`
   */
  async cancelByKey(
    request: Access & {
      readonly stream: string
      readonly idempotencyKey: string
      /** The scope of the start. @default none */
      readonly scope?: Scope
      readonly reason?: string
    },
  ): Promise<void> {
    this.#lookup.definition(request.stream)
    const { owner, stream } = request
    const key = scopedKey(request)
    const reader = await this.#log.refuseKey({ owner, stream, key })
    if (reader === undefined) return
    await checkAccess(reader.record, 'cancel', request)
    await this.#requestCancel(reader.record, request.reason)
  }

  /**
   * Finds the stream to read in a thread: the newest that runs; if none runs, the newest that has ended and can still be
   * read. `undefined` if there is none, or it is not theirs: the same answer.
   * @throws {StreamingError} `not_found` if there is no such definition; `invalid_request` if `thread` is no thread id
   */
  async latest(request: ThreadRequest): Promise<StreamHandle | undefined> {
    const reader = await this.#lookup.latest(request)
    return reader === undefined ? undefined : this.#handle(reader, request.owner)
  }

  /**
   * Stops what {@link Hub.latest} finds in a thread. If nothing runs in it, nothing happens.
   * @throws {StreamingError} as {@link Hub.latest}
   */
  async cancelLatest(request: ThreadRequest & { readonly reason?: string }): Promise<void> {
    const found = await this.latest(request)
    if (found === undefined || found.ended) return
    await checkAccess(found.record, 'cancel', request)
    await this.#requestCancel(found.record, request.reason)
  }

  /**
   * The streams of an owner, or those of one thread, running and ended. The application decides who may ask, or hands on
   * the `authorize` of a transport: then only the streams are listed that it allows to `list`.
   * @throws {StreamingError} `invalid_request` if `thread` is no thread id
   */
  list(of: string | ListRequest): Promise<readonly ListedStream[]> {
    return this.#lookup.list(typeof of === 'string' ? { owner: of } : of)
  }

  /** Stops everything that an owner has running. */
  async cancelAll(owner: string, reason?: string): Promise<void> {
    for (const { ended, record } of await this.#log.list(owner)) {
      if (!ended) await this.#requestCancel(record, reason)
    }
  }

  /** Stops what an owner has running, and forgets everything of theirs: erasure on request. */
  async purge(owner: string): Promise<void> {
    await this.cancelAll(owner, 'purged')
    for (const { record } of await this.#log.list(owner)) await this.#log.forget(record.streamId)
  }

  /**
   * Shuts down: starts are refused; viewers are disconnected as soon as another instance can serve them; runs may end
   * until the deadline, and what still runs then ends with `shutting_down`. May be called more than once.
   */
  close(options: { readonly deadlineMs?: number } = {}): Promise<void> {
    this.#closing ??= aliveUntil(this.#close(options.deadlineMs ?? this.closeDeadlineMs))
    return this.#closing
  }

  async #close(deadlineMs: number): Promise<void> {
    this.#closeBy = this.clock.now() + deadlineMs
    if (this.#log.shared) this.#live.detachAll('shutting_down')
    await this.#live.quiet(deadlineMs)
    for (const { run } of this.#live) run?.fail(new StreamingError('shutting_down'))
    // The last events are flushed at the end of this turn. A viewer that does not take them then has to resume elsewhere.
    await new Promise((resolve) => setImmediate(resolve))
    this.#live.detachAll('shutting_down')
    this.#pressure.stop()
    await this.#ends.allTold()
    await this.#log.close()
  }

  async #requestCancel({ streamId }: StreamRecord, reason = 'cancelled'): Promise<void> {
    await this.#log.requestCancel(streamId, reason)
  }

  #handle(reader: LogReader, viewer: string | undefined): StreamHandle {
    return new StreamHandle(reader, viewer, this.#attach)
  }

  readonly #attach = (reader: LogReader, options: ViewerOptions): Viewer => {
    // Viewers that were disconnected come back: they have to find another instance.
    if (this.isClosing && this.#log.shared) {
      throw new StreamingError('shutting_down', undefined, { retryAfterMs: RETRY_AFTER_MS })
    }
    this.#pressure.watch()
    return this.#live.attach(reader, options)
  }
}

/** Keeps the process alive until `work` is done: timers here do not, and the application may have nothing else that does. */
function aliveUntil<T>(work: Promise<T>): Promise<T> {
  const keepAlive = setInterval(() => {}, MAX_TIMER_MS)
  return work.finally(() => clearInterval(keepAlive))
}

/** Makes the hub of an application. */
export function createHub<const Streams extends StreamDefinitions>(
  options: HubOptions<Streams>,
): Hub<Streams> {
  return new Hub(options)
}
