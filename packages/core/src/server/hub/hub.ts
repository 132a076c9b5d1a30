import { randomBytes } from 'node:crypto'
import { StreamingError } from '../../errors.ts'
import { type Clock, MAX_TIMER_MS, processClock } from '../clock.ts'
import type { AnyStreamDefinition, StreamDefinitions, StreamEnd } from '../definition/define-stream.ts'
import { checkDefinition, validate } from '../definition/validate.ts'
import type { Viewer, ViewerOptions } from '../delivery/viewer.ts'
import { Pressure, type PressureOptions } from '../load/pressure.ts'
import { reliefFor } from '../load/relief.ts'
import type { LogReader, LogWriter, RestartPlan, StreamLog, StreamRecord, ThreadScope } from '../log/log.ts'
import { encodeEvent } from '../run/encode.ts'
import { Run } from '../run/run.ts'
import { type Logger, silentLogger } from '../telemetry/logger.ts'
import { type HubMetrics, Meter } from '../telemetry/metrics.ts'
import { type Access, checkAccess, mayAccess, noSuchStream } from './access.ts'
import { Admission, type HubLimits, RETRY_AFTER_MS } from './admission.ts'
import { EndReports } from './end-reports.ts'
import { StreamHandle } from './handle.ts'
import { checkIdempotencyKey, hashInput, scopedKey } from './idempotency.ts'
import { LiveStreams } from './live-streams.ts'
import { restarterFor, restartPlan } from './restart.ts'
import { checkThread } from './thread.ts'

/** What {@link createHub} takes. */
export interface HubOptions<Streams extends StreamDefinitions = StreamDefinitions> {
  /** The definitions, by the name that the routes carry. */
  readonly streams: Streams
  /** Where streams are kept: `memoryLog()`, or one that instances share. */
  readonly log: StreamLog
  /** How much the hub takes on at once. @default 10_000 streams, 50_000 viewers */
  readonly limits?: HubLimits
  /** When relief begins as memory or time runs short. */
  readonly pressure?: PressureOptions
  /**
   * What `close()` gives runs to end by themselves, in milliseconds. Fastify bounds it by its `pluginTimeout`, which
   * is 10 s unless you raise it. @default 8_000
   */
  readonly closeDeadlineMs?: number
  /** Gets what went wrong, whole. @default the first Fastify server's that a plugin joins to the hub */
  readonly logger?: Logger
  /** The timer that everything waits on. @default the process's */
  readonly clock?: Clock
}

/** A start, as a transport asks for it. */
export interface StartRequest extends Access {
  /** The definition's name. */
  readonly stream: string
  readonly input: unknown
  /**
   * At least 128 random bits. A repeat by the same owner leads to the stream that the first start began, if `authorize`
   * still allows the owner to attach to it.
   */
  readonly idempotencyKey?: string | undefined
  /**
   * The conversation that the stream is a part of, 1 to 128 printable ASCII characters without spaces. It belongs to the
   * owner, so that {@link Hub.latest} finds what runs in it from any device.
   */
  readonly thread?: string | undefined
  /** What the stream is bound to, beside its owner and its name: the key, and {@link Hub.find}, need the same scope. */
  readonly scope?: string | undefined
  /** The client has read a part of the stream: if there is none with this key, nothing is started. @default false */
  readonly isRepeat?: boolean | undefined
  /** What `run` gets as its `context`. */
  readonly context?: unknown
}

/** Which stream, and who asks. */
export interface StreamRequest extends Access {
  readonly streamId: string
  /** If the address names the definition too, it has to be the definition of the stream. */
  readonly stream?: string | undefined
  /** If it is given, it has to be the scope that the stream was started with. */
  readonly scope?: string | undefined
}

/** Which thread, and who asks. */
export interface ThreadRequest extends Access {
  /** The definition's name. */
  readonly stream: string
  readonly thread: string
}

/** A stream in a list. */
export type ListedStream = StreamRecord & { readonly ended: boolean }

/** Starts streams, lets viewers read them, and stops them. One per application; the transports stand on it. */
export class Hub<Streams extends StreamDefinitions = StreamDefinitions> {
  readonly streams: Streams
  readonly clock: Clock
  readonly #log: StreamLog
  readonly #admission: Admission
  readonly #meter = new Meter()
  readonly #live: LiveStreams
  readonly #pressure: Pressure
  /** What `close()` gives runs to end by themselves, in milliseconds. */
  readonly closeDeadlineMs: number
  readonly #ends: EndReports
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
    this.#admission = new Admission(options.limits)
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
    this.#log.restartWith?.(
      restarterFor({
        streams: this.streams,
        logger: this.#currentLogger,
        hasRoom: () => !this.isClosing && !this.#log.full && !this.#pressure.isHigh,
        run: (log, definition, input, context, plan) => {
          if (this.isClosing) throw new StreamingError('shutting_down')
          const release = this.#admission.takeStream(log.record.owner)
          this.#run({ log, definition, input, context, plan, release })
        },
      }),
    )
  }

  /** Whether new streams are refused because the server is shutting down. */
  get isClosing(): boolean {
    return this.#closing !== undefined
  }

  /** When the deadline of its close is over, on its clock's clock, in milliseconds; `Infinity` before it closes. */
  get closeBy(): number {
    return this.#closeBy
  }

  /** What runs and who watches, in this process. */
  get load(): { readonly streams: number; readonly viewers: number } {
    return { streams: this.#admission.streams, viewers: this.#admission.viewers }
  }

  /** What the hub has done and does, in this process. */
  metrics(): HubMetrics {
    return this.#meter.snapshot(this.#log.byteLength)
  }

  /** A plugin offers its server's logger; one that the application chose stays. */
  offerLogger(logger: Logger): void {
    if (this.#logger === silentLogger) this.#logger = logger
  }

  /**
   * Starts a stream, or finds the one that this idempotency key started before.
   * @throws {StreamingError} `not_found`, `invalid_request`, `conflict`, `capacity`, `rate_limit`, `shutting_down`.
   */
  async start(request: StartRequest): Promise<StreamHandle> {
    const definition = this.#definition(request.stream)
    return this.startWith(definition, request)
  }

  /** As {@link Hub.start}, for a definition that is not one of the hub's: a route of the application's own. */
  async startWith(definition: AnyStreamDefinition, request: StartRequest): Promise<StreamHandle> {
    const { stream, owner, scope, thread } = request
    const key = scopedKey(request)
    if (thread !== undefined) checkThread(thread)
    const input = await validate(definition.input, request.input)
    const idempotency = key === undefined ? undefined : { key, inputHash: hashInput(request.input) }
    if (idempotency !== undefined) {
      const existing = await this.#log.openByKey({ owner, stream, key: idempotency.key })
      if (existing !== undefined) return this.#repeated(existing, idempotency.inputHash, request)
    }
    if (request.isRepeat) throw nothingToResume()
    this.#checkRoom()

    const release = this.#admission.takeStream(owner)
    try {
      const streamId = randomBytes(16).toString('base64url')
      const record = {
        streamId,
        stream,
        owner,
        createdAt: Date.now(),
        idempotency,
        ...(thread !== undefined && { thread }),
        ...(scope === undefined ? {} : { scope }),
      }
      // Only what has a name can be found again by another process.
      const isNamed = this.streams[stream] === definition
      const plan = isNamed ? restartPlan(definition, request.input) : undefined
      const creation = await this.#log.create(record, plan)
      if (creation.outcome === 'created') {
        // The log took its time, and the hub has begun to close: a run from now on might outlive it.
        if (this.isClosing) throw await this.#withdraw(creation.writer)
        const { context } = request
        this.#run({ log: creation.writer, definition, input, context, plan, release })
        return this.#handle(creation.writer)
      }
      release()
      if (creation.outcome === 'exists') {
        return await this.#repeated(creation.reader, idempotency?.inputHash, request)
      }
      throw new StreamingError('conflict', 'This start was cancelled before it arrived.')
    } catch (error) {
      release()
      throw error
    }
  }

  /**
   * Finds a stream for somebody who wants to read it.
   * @throws {StreamingError} `not_found` where there is none, or it is not theirs: the same answer.
   */
  async find(request: StreamRequest): Promise<StreamHandle> {
    return this.#handle(await this.#access(request, 'attach'))
  }

  /**
   * Stops a stream's generation, wherever it runs; where another stream has taken its place, that one's. Where it has
   * ended, nothing happens.
   * @throws {StreamingError} `not_found`
   */
  async cancel(request: StreamRequest & { readonly reason?: string }): Promise<void> {
    const { record } = await this.#access(request, 'cancel')
    await this.#requestCancel(record, request.reason)
  }

  /**
   * Stops the stream that a start with this key began. Where that start has not come, it is refused when it does.
   * @throws {StreamingError} `not_found`, `invalid_request`
   */
  async cancelByKey(
    request: Access & { readonly stream: string; readonly idempotencyKey: string; readonly reason?: string },
  ): Promise<void> {
    this.#definition(request.stream)
    checkIdempotencyKey(request.idempotencyKey)
    const { owner, stream, idempotencyKey: key } = request
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
    const { stream, owner, thread } = request
    this.#definition(stream)
    checkThread(thread)
    const listed = await this.#log.listThread({ owner, thread })
    const readers = listed.filter(({ record }) => record.stream === stream)
    const reader = readers.findLast(({ ended }) => !ended) ?? readers.at(-1)
    if (reader === undefined || !(await mayAccess(reader.record, 'attach', request))) return undefined
    return this.#handle(reader)
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
   * The streams of an owner, or those of one thread, running and ended. The application decides who may ask.
   * @throws {StreamingError} `invalid_request` if `thread` is no thread id
   */
  async list(of: string | ThreadScope): Promise<readonly ListedStream[]> {
    if (typeof of !== 'string') checkThread(of.thread)
    const readers = await (typeof of === 'string' ? this.#log.list(of) : this.#log.listThread(of))
    return readers.map(({ record, ended }) => ({ ...record, ended }))
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
   * Shuts down: starts are refused; viewers are let go as soon as another instance can serve them; runs may end
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
    // The last events leave at the end of this turn; who does not take them then has to resume elsewhere.
    await new Promise((resolve) => setImmediate(resolve))
    this.#live.detachAll('shutting_down')
    this.#pressure.stop()
    await this.#ends.allTold()
    await this.#log.close()
  }

  #definition(name: string): AnyStreamDefinition {
    const definition = Object.hasOwn(this.streams, name) ? this.streams[name] : undefined
    if (definition !== undefined) return definition
    const names = Object.keys(this.streams).join(', ')
    throw new StreamingError('not_found', `There is no stream named '${name}'; there is: ${names}.`)
  }

  #checkRoom(): void {
    if (this.isClosing) throw new StreamingError('shutting_down', undefined, { retryAfterMs: RETRY_AFTER_MS })
    if (this.#log.full || this.#pressure.isHigh)
      throw new StreamingError('capacity', undefined, { retryAfterMs: RETRY_AFTER_MS })
  }

  #run(beginning: Beginning): void {
    const { log, definition, release, ...given } = beginning
    const live = this.#live.of(log)
    const onEnd = (end: StreamEnd): void => {
      release()
      live.ended()
      this.#ends.report(definition, end)
    }
    const run = new Run({
      definition,
      log,
      audience: live.audience,
      ...given,
      clock: this.clock,
      meter: this.#meter,
      onEnd,
      onStuckSource: stuckSourceLogger(this.#currentLogger, log.record),
    })
    const { whenUnwatched = 'continue' } = definition
    live.runs(run, whenUnwatched === 'continue' ? Number.POSITIVE_INFINITY : whenUnwatched.cancelAfterMs)
    this.#pressure.watch()
    run.start()
  }

  /** Takes back a start that nobody has seen, and frees its key for another instance. Returns the refusal. */
  async #withdraw(log: LogWriter): Promise<StreamingError> {
    const refusal = new StreamingError('shutting_down', undefined, { retryAfterMs: RETRY_AFTER_MS })
    log.end(encodeEvent(log.next, { type: 'stream_error', ...refusal.toWire() }))
    await this.#log.forget(log.record.streamId)
    return refusal
  }

  async #repeated(
    reader: LogReader,
    inputHash: string | undefined,
    start: StartRequest,
  ): Promise<StreamHandle> {
    await checkAccess(reader.record, 'attach', start)
    const { idempotency, thread } = reader.record
    if (idempotency?.inputHash === inputHash && thread === start.thread) return this.#handle(reader)
    const other = thread === start.thread ? 'input' : 'thread'
    throw new StreamingError('conflict', `This Idempotency-Key was used with another ${other}.`, {
      status: 422,
    })
  }

  async #access(request: StreamRequest, action: 'attach' | 'cancel'): Promise<LogReader> {
    const reader = await this.#log.open(request.streamId)
    if (reader === undefined) throw noSuchStream()
    if (request.stream !== undefined && request.stream !== reader.record.stream) throw noSuchStream()
    if (request.scope !== undefined && request.scope !== reader.record.scope) throw noSuchStream()
    await checkAccess(reader.record, action, request)
    return reader
  }

  async #requestCancel({ streamId }: StreamRecord, reason = 'cancelled'): Promise<void> {
    await this.#log.requestCancel(streamId, reason)
  }

  #handle(reader: LogReader): StreamHandle {
    return new StreamHandle(reader, this.#attach)
  }

  readonly #attach = (reader: LogReader, options: ViewerOptions): Viewer => {
    // Those who were let go come back: they have to find another instance.
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

/** Holds the record only: the stream may be long gone when its source is found to be stuck. */
function stuckSourceLogger(logger: () => Logger, { streamId, stream }: StreamRecord): () => void {
  return () =>
    logger().warn(
      { streamId, stream },
      'a source has not ended though its signal was aborted: hand the `signal` of run to the provider’s client',
    )
}

/** What a run begins with. */
interface Beginning {
  readonly log: LogWriter
  readonly definition: AnyStreamDefinition
  readonly input: unknown
  readonly context: unknown
  readonly plan: RestartPlan | undefined
  /** Gives its place in the process back. */
  readonly release: () => void
}

/** The answer to a client that has read a part of a stream which cannot be found. It must not get another answer. */
function nothingToResume(): StreamingError {
  return new StreamingError(
    'resume_expired',
    'Last-Event-ID: no stream was started with this Idempotency-Key. To start one, send the request without Last-Event-ID.',
  )
}

/** Makes the hub of an application. */
export function createHub<const Streams extends StreamDefinitions>(
  options: HubOptions<Streams>,
): Hub<Streams> {
  return new Hub(options)
}
