import { randomBytes } from 'node:crypto'
import { StreamingError } from '../../errors.ts'
import type { Clock } from '../clock.ts'
import type { AnyStreamDefinition, StreamDefinitions, StreamEnd } from '../definition/define-stream.ts'
import { checkInputSize, validate } from '../definition/validate.ts'
import type { Pressure } from '../load/pressure.ts'
import type { LogReader, LogWriter, RestartPlan, StreamLog, StreamRecord } from '../log/log.ts'
import { encodeEvent } from '../run/encode.ts'
import { Run } from '../run/run.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Meter } from '../telemetry/metrics.ts'
import { type Access, checkAccess, type Scope } from './access.ts'
import { type Admission, RETRY_AFTER_MS } from './admission.ts'
import type { EndReports } from './end-reports.ts'
import { hashInput, scopedKey } from './idempotency.ts'
import type { LiveStreams } from './live-streams.ts'
import { restarterFor, restartPlan } from './restart.ts'
import { checkThread } from './thread.ts'

/** A start, as a transport asks for it. `authorize` is asked if it is a repeat: the stream may not be theirs any more. */
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
   * owner, so that `Hub.latest` finds what runs in it from any device.
   */
  readonly thread?: string | undefined
  /**
   * The scope that binds the stream, beside its owner and its name: the key, and `Hub.find`, need the same scope.
   * @default none
   */
  readonly scope?: Scope
  /**
   * A text that the record of the stream keeps for the routes that start it: what they have to know when it is read, on any
   * instance. Bound it: logs do not count its bytes. It binds nothing; a repeat leads to the stream with the first one.
   */
  readonly note?: string | undefined
  /** The client has read a part of the stream: if there is none with this key, nothing is started. @default false */
  readonly isRepeat?: boolean | undefined
  /** The `context` of `run`. */
  readonly context?: unknown
}

/** Options of {@link Starts}: its parts belong to the hub. */
export interface StartsOptions {
  readonly streams: StreamDefinitions
  readonly log: StreamLog
  readonly clock: Clock
  readonly admission: Admission
  readonly pressure: Pressure
  readonly live: LiveStreams
  readonly meter: Meter
  readonly ends: EndReports
  readonly logger: () => Logger
  readonly isClosing: () => boolean
}

/** The log, the input and the admission of a run that begins. */
interface Beginning {
  readonly log: LogWriter
  readonly definition: AnyStreamDefinition
  readonly input: unknown
  readonly context: unknown
  readonly plan: RestartPlan | undefined
  /** Ends its admission. */
  readonly release: () => void
}

/** Starts streams. It checks bounds, key, capacity and input in the order in which a refusal costs least. */
export class Starts {
  readonly #options: StartsOptions

  constructor(options: StartsOptions) {
    this.#options = options
    const { streams, log, admission, pressure, logger, isClosing } = options
    log.restartWith?.(
      restarterFor({
        streams,
        logger,
        hasCapacity: () => !isClosing() && !log.full && !pressure.isHigh,
        run: (writer, definition, input, context, plan) => {
          if (isClosing()) throw new StreamingError('shutting_down')
          const release = admission.takeStream(writer.record.owner)
          this.#run({ log: writer, definition, input, context, plan, release })
        },
      }),
    )
  }

  /** Starts a stream, or finds the one that this idempotency key started before. */
  async start(definition: AnyStreamDefinition, request: StartRequest): Promise<LogReader> {
    const { log } = this.#options
    const { stream, owner, thread } = request
    const key = scopedKey(request)
    if (thread !== undefined) checkThread(thread)
    checkInputSize(request.input, definition.inputLimits)
    const idempotency = key === undefined ? undefined : { key, inputHash: hashInput(request.input) }
    if (idempotency !== undefined) {
      const existing = await log.openByKey({ owner, stream, key: idempotency.key })
      if (existing !== undefined) return this.#repeated(existing, request, idempotency.inputHash)
    }
    if (request.isRepeat) throw nothingToResume()
    // A start that is refused is not validated: an attacker's inputs cost most there.
    this.#checkCapacity(owner)
    const input = await validate(definition.input, request.input)
    return this.#admit(definition, request, input, idempotency)
  }

  async #admit(
    definition: AnyStreamDefinition,
    request: StartRequest,
    input: unknown,
    idempotency: StreamRecord['idempotency'],
  ): Promise<LogReader> {
    const { streams, log, admission, isClosing } = this.#options
    const { stream, owner, thread, scope, note } = request
    if (isClosing()) throw shuttingDown()
    const release = admission.takeStream(owner)
    try {
      const streamId = randomBytes(16).toString('base64url')
      const record = {
        streamId,
        stream,
        owner,
        createdAt: Date.now(),
        idempotency,
        ...(thread !== undefined && { thread }),
        ...(typeof scope === 'string' && { scope }),
        ...(note !== undefined && { note }),
      }
      // Only what has a name can be found again by another process.
      const isNamed = streams[stream] === definition
      const plan = isNamed ? restartPlan(definition, request.input) : undefined
      const creation = await log.create(record, plan)
      if (creation.outcome === 'created') {
        // The log took its time, and the hub has begun to close: a run from now on might outlive it.
        if (isClosing()) throw await this.#withdraw(creation.writer)
        const { context } = request
        this.#run({ log: creation.writer, definition, input, context, plan, release })
        return creation.writer
      }
      release()
      if (creation.outcome === 'exists') {
        return await this.#repeated(creation.reader, request, idempotency?.inputHash)
      }
      throw new StreamingError('conflict', 'This start was cancelled before it arrived.')
    } catch (error) {
      release()
      throw error
    }
  }

  #checkCapacity(owner: string | undefined): void {
    const { log, admission, pressure, isClosing } = this.#options
    if (isClosing()) throw shuttingDown()
    if (log.full || pressure.isHigh) {
      throw new StreamingError('capacity', undefined, { retryAfterMs: RETRY_AFTER_MS })
    }
    admission.countStart(owner)
    if (owner !== undefined && log.isFullFor?.(owner)) {
      throw new StreamingError('rate_limit', 'Your streams take as much memory as they may.', {
        retryAfterMs: RETRY_AFTER_MS,
      })
    }
  }

  #run({ log, definition, release, ...given }: Beginning): void {
    const { live: streams, pressure, ends, clock, meter, logger } = this.#options
    const live = streams.of(log)
    const onEnd = (end: StreamEnd): void => {
      release()
      live.ended()
      ends.report(definition, end)
    }
    const run = new Run({
      definition,
      log,
      audience: live.audience,
      ...given,
      clock,
      meter,
      onEnd,
      onStuckSource: stuckSourceLogger(logger, log.record),
    })
    const { whenUnwatched = 'continue' } = definition
    live.runs(run, whenUnwatched === 'continue' ? Number.POSITIVE_INFINITY : whenUnwatched.cancelAfterMs)
    pressure.watch()
    run.start()
  }

  /** Takes back a start that no client has seen, and frees its key for another instance. Returns the refusal. */
  async #withdraw(log: LogWriter): Promise<StreamingError> {
    const refusal = shuttingDown()
    log.end(encodeEvent(log.next, { type: 'stream_error', ...refusal.toWire() }))
    await this.#options.log.forget(log.record.streamId)
    return refusal
  }

  async #repeated(
    reader: LogReader,
    request: StartRequest,
    inputHash: string | undefined,
  ): Promise<LogReader> {
    const { idempotency, thread } = reader.record
    await checkAccess(reader.record, 'attach', request)
    if (idempotency?.inputHash === inputHash && thread === request.thread) return reader
    const other = thread === request.thread ? 'input' : 'thread'
    throw new StreamingError('conflict', `This Idempotency-Key was used with another ${other}.`, {
      status: 422,
    })
  }
}

function shuttingDown(): StreamingError {
  return new StreamingError('shutting_down', undefined, { retryAfterMs: RETRY_AFTER_MS })
}

/** The answer to a client that has read a part of a stream which cannot be found. It must not get another answer. */
function nothingToResume(): StreamingError {
  return new StreamingError(
    'resume_expired',
    'Last-Event-ID: no stream was started with this Idempotency-Key. To start one, send the request without Last-Event-ID.',
  )
}

/** Holds the record only: the stream may be long gone when its source is found to be stuck. */
function stuckSourceLogger(logger: () => Logger, { streamId, stream }: StreamRecord): () => void {
  return () =>
    logger().warn(
      { streamId, stream },
      'a source has not ended though its signal was aborted: hand the `signal` of run to the provider’s client',
    )
}
