import { setImmediate as nextTurn } from 'node:timers/promises'
import { Backoff, type Retry } from '../../backoff.ts'
import { type ErrorType, StreamingError, toStreamingError } from '../../errors.ts'
import type { StreamEvent, Usage, WithoutChunkId } from '../../events.ts'
import type { FinishPart, Part } from '../../parts.ts'
import { isFinal, type StreamState, transition } from '../../state.ts'
import type { Clock } from '../clock.ts'
import type { AnyStreamDefinition, RunContext, StreamEnd } from '../definition/define-stream.ts'
import type { Audience } from '../delivery/audience.ts'
import { currentTurn } from '../delivery/flush.ts'
import type { LogProducer, LogWriter, RestartPlan } from '../log/log.ts'
import { publish } from '../telemetry/diagnostics.ts'
import type { Meter } from '../telemetry/metrics.ts'
import { encodeEvent } from './encode.ts'
import { PartWriter } from './part-writer.ts'
import { Pause } from './pause.ts'
import { askRecovery } from './retry-decision.ts'
import { SourceTimeouts, type SourceTimeoutsObserver } from './source-timeouts.ts'

/** What a {@link Run} is made of. */
export interface RunOptions {
  readonly definition: AnyStreamDefinition
  readonly log: LogWriter
  readonly audience: Audience
  readonly input: unknown
  readonly context: unknown
  /** Where the definition asks for a restart: how often there was one. */
  readonly plan: RestartPlan | undefined
  readonly clock: Clock
  readonly meter: Meter
  /** Told once, after the terminal event is in the log. */
  readonly onEnd: (end: StreamEnd) => void
}

const RETRY_DEFAULTS = { maxRetries: 2, maxElapsedMs: 120_000 }
/** So long a source that never waits may go on before everything else in the process has its turn. */
const MAX_PARTS_PER_TURN = 512

/** One generation: asks the provider, and appends what it says, until exactly one terminal event. */
export class Run implements SourceTimeoutsObserver, LogProducer {
  readonly #options: RunOptions
  readonly #log: LogWriter
  readonly #clock: Clock
  readonly #meter: Meter
  readonly #startedAt: number
  /** Made when it is first needed: most runs fail not once. */
  #backoff: Backoff | undefined
  readonly #pause: Pause
  readonly #writer: PartWriter
  readonly #timeouts: SourceTimeouts
  /** What goes into each event as `at`, where the definition wants it. */
  readonly #stamp: (() => number) | undefined
  #state: StreamState = 'idle'
  #attempt = 0
  #failure: StreamingError | undefined
  /** Of the attempt under way. What an attempt that is not this one still says is not heard. */
  #controller: AbortController | undefined
  /** The turn of the event loop that the last part came in, and how many came in it before that one. */
  #turn = currentTurn()
  #partsThisTurn = 0
  #ttftMs: number | undefined

  constructor(options: RunOptions) {
    const { definition, log, audience, clock, meter } = options
    this.#options = options
    this.#log = log
    this.#clock = clock
    this.#meter = meter
    this.#startedAt = clock.now()
    this.#timeouts = new SourceTimeouts(clock, definition.timeouts ?? {}, this)
    this.#stamp = definition.timestamps === true ? () => this.#elapsedMs() : undefined
    this.#pause = new Pause({ log, audience, clock, definition, run: this })
    this.#writer = new PartWriter(log, definition, clock, meter, this.#stamp)
    log.setProducer(this)
  }

  get state(): StreamState {
    return this.#state
  }

  /** Appends the first event, and asks the provider. */
  start(): void {
    const { record } = this.#log
    const { model } = this.#options.definition
    this.#append({
      type: 'stream_start',
      stream_id: record.streamId,
      stream: record.stream,
      ...(model === undefined ? {} : { model }),
      created_at: record.createdAt,
    })
    this.#go('connecting')
    this.#meter.streamStarted()
    publish('sluice:stream:start', { record })
    this.#timeouts.start()
    void this.#ask()
  }

  /** Stops the generation, at the provider too. Nothing happens where it has ended. */
  cancel(reason: string): void {
    if (isFinal(this.#state)) return
    this.#end('cancelled', { type: 'stream_cancelled', reason })
  }

  /** Ends the stream with an error, whatever it was doing. */
  fail(error: StreamingError): void {
    if (isFinal(this.#state)) return
    const retries = this.#attempt === 0 ? {} : { retry_count: this.#attempt }
    this.#end('error', { type: 'stream_error', ...error.toWire(), ...retries }, { error })
  }

  /** @internal Its source has been silent for too long. */
  silent(error: ErrorType): void {
    void this.#attemptFailed(new StreamingError(error))
  }

  /** @internal The answer has taken too long as a whole. */
  late(): void {
    this.fail(new StreamingError('chunk_timeout', 'The answer took too long.'))
  }

  /** The audience, or the log, has moved on. */
  progressed(): void {
    this.#pause.progressed()
  }

  /** Has the run wait while `isHeld`, though the log has room: memory is short, and nobody is watching. */
  hold(isHeld: boolean): void {
    this.#pause.hold(isHeld)
  }

  /** One attempt. All in one function: one that awaits another is 400 bytes more for as long as the stream runs. */
  async #ask(): Promise<void> {
    const controller = new AbortController()
    this.#controller = controller
    this.#timeouts.awaitFirst()
    try {
      for await (const part of this.#source(controller.signal)) {
        if (this.#controller !== controller) return
        if (isFinish(part)) return this.#complete(part.finishReason, part.usage)
        const pieces = this.#writer.pieces(part)
        if (pieces === undefined) {
          const wait = this.#step(part)
          if (wait !== undefined) await wait
          if (this.#controller !== controller) return
          continue
        }
        for (const piece of pieces) {
          const wait = this.#step(piece)
          if (wait !== undefined) await wait
          if (this.#controller !== controller) return
        }
      }
      if (this.#controller === controller) this.#complete('stop')
    } catch (error) {
      if (this.#controller === controller) void this.#attemptFailed(toStreamingError(error))
    }
  }

  #source(signal: AbortSignal): AsyncIterable<Part> {
    const run = this.#options.definition.run as (context: RunContext) => AsyncIterable<Part>
    const { input, context, plan } = this.#options
    const { streamId, owner } = this.#log.record
    const attempt = this.#attempt
    return run({
      input,
      context,
      signal,
      streamId,
      owner,
      attempt,
      failure: this.#failure,
      restarts: plan?.restarts ?? 0,
      // What could not be gone on with once is not tried again.
      checkpoint: attempt === 0 ? plan?.checkpoint : undefined,
      saveCheckpoint: (checkpoint) => this.#log.saveCheckpoint?.(checkpoint),
    })
  }

  /** Takes a part. What it gives is to be waited for before the next one. */
  #step(part: Exclude<Part, FinishPart>): Promise<void> | undefined {
    this.#take(part)
    if (this.#pause.isNeeded) return this.#pauseRun()
    this.#partsThisTurn = this.#turn === currentTurn() ? this.#partsThisTurn + 1 : 0
    this.#turn = currentTurn()
    if (this.#partsThisTurn < MAX_PARTS_PER_TURN) return undefined
    // Where nobody watches nothing is flushed, so the turn may count as the same.
    this.#partsThisTurn = 0
    return nextTurn()
  }

  #take(part: Exclude<Part, FinishPart>): void {
    // Nobody sees it, so it is not the first chunk either: what fails after it is retried without a sign.
    if (isEmptyText(part)) return
    const { now } = this.#timeouts
    if (this.#state === 'connecting') this.#begin()
    else this.#meter.betweenPartsMs.record(now - this.#timeouts.lastPartAt)
    this.#timeouts.lastPartAt = now
    this.#writer.write(part)
  }

  #begin(): void {
    this.#go('streaming')
    this.#backoff?.succeeded()
    if (this.#ttftMs === undefined) {
      this.#ttftMs = this.#elapsedMs()
      this.#meter.ttftMs.record(this.#ttftMs)
    }
    this.#timeouts.awaitNext()
  }

  async #pauseRun(): Promise<void> {
    const { record } = this.#log
    this.#writer.flush()
    this.#go('paused')
    this.#meter.pauses += 1
    publish('sluice:stream:pause', { record })
    this.#timeouts.pause()
    await this.#pause.over()
    if (this.#state !== 'paused') return
    this.#go('streaming')
    publish('sluice:stream:resume', { record })
    this.#timeouts.resume()
  }

  /** Lets go of the attempt, and of the stream too where neither the policy nor a recovery callback has another. */
  async #attemptFailed(error: StreamingError): Promise<void> {
    this.#controller?.abort()
    this.#controller = undefined
    this.#timeouts.stop()
    const { definition } = this.#options
    const mayAskAgain = this.#state === 'connecting' || definition.retry?.afterFirstChunk === 'restart'
    this.#backoff ??= new Backoff({ ...RETRY_DEFAULTS, ...definition.retry }, { now: this.#clock.now })
    const backoff = this.#backoff
    const nextTry = (): Retry | undefined => backoff.failed({ retryAfterMs: error.retryAfterMs })

    let retry = mayAskAgain && error.recoverable ? nextTry() : undefined
    const recover = definition.retry?.recover?.[error.type]
    if (recover !== undefined) {
      const { streamId } = this.#log.record
      const failure = { streamId, error, failures: this.#attempt + 1, delayMs: retry?.delayMs }
      const recovery = await askRecovery(recover, failure, this.#clock)
      if (isFinal(this.#state)) return
      if (recovery?.retry === false) retry = undefined
      if (recovery?.retry === true && mayAskAgain && !error.recoverable) retry = nextTry()
      if (retry && isDelay(recovery?.delayMs)) retry = { ...retry, delayMs: recovery.delayMs }
    }
    if (retry === undefined) this.fail(error)
    else this.#askAgain(error, retry)
  }

  #askAgain(error: StreamingError, { delayMs, retryCount }: Retry): void {
    if (this.#state !== 'connecting') {
      this.#writer.restart()
      this.#append({
        type: 'stream_retry',
        error_type: error.type,
        retry_count: retryCount,
        delay_ms: delayMs,
        keep_until: 1,
      })
      this.#go('connecting')
    }
    this.#attempt += 1
    this.#failure = error
    this.#meter.retries += 1
    publish('sluice:stream:retry', { record: this.#log.record, error, retryCount, delayMs })
    this.#timeouts.awaitRetry(delayMs, () => void this.#ask())
  }

  #complete(finishReason: string, usage?: Usage): void {
    if (this.#state === 'connecting') this.#go('streaming')
    this.#writer.flush()
    const event: WithoutChunkId<StreamEvent> = {
      type: 'stream_complete',
      finish_reason: finishReason,
      ...(usage === undefined ? {} : { usage }),
      total_chunks: this.#writer.totalChunks,
      ttft_ms: this.#ttftMs ?? null,
      duration_ms: this.#elapsedMs(),
    }
    this.#end('completed', event, { finishReason, usage })
  }

  #end(
    outcome: StreamEnd['outcome'],
    event: WithoutChunkId<StreamEvent>,
    facts: Pick<Partial<StreamEnd>, 'error' | 'finishReason' | 'usage'> = {},
  ): void {
    const { record } = this.#log
    this.#go(outcome)
    this.#timeouts.end()
    this.#pause.end()
    this.#writer.flush()
    this.#log.end(encodeEvent(this.#log.next, event, this.#stamp?.()))
    // A source that came to its end has closed its connection, or does so when the loop lets go of it.
    if (outcome !== 'completed') this.#controller?.abort(facts.error)
    this.#controller = undefined

    const { text, reasoning, toolCalls } = this.#writer.answer
    const end: StreamEnd = {
      streamId: record.streamId,
      stream: record.stream,
      owner: record.owner,
      outcome,
      text,
      reasoning,
      toolCalls,
      usage: facts.usage,
      finishReason: facts.finishReason,
      error: facts.error,
      createdAt: record.createdAt,
      ttftMs: this.#ttftMs,
      durationMs: this.#elapsedMs(),
      totalChunks: this.#writer.totalChunks,
    }
    this.#meter.streamEnded(end)
    publish('sluice:stream:end', { record, end })
    this.#options.onEnd(end)
  }

  #append(event: WithoutChunkId<StreamEvent>): void {
    this.#log.append(encodeEvent(this.#log.next, event, this.#stamp?.()))
  }

  #elapsedMs(): number {
    return Math.round(this.#clock.now() - this.#startedAt)
  }

  #go(to: StreamState): void {
    this.#state = transition(this.#state, to)
  }
}

/** What a callback says of time is believed where it can be waited for. */
function isDelay(delayMs: number | undefined): delayMs is number {
  return delayMs !== undefined && delayMs >= 0 && delayMs < Number.POSITIVE_INFINITY
}

function isEmptyText(part: Exclude<Part, FinishPart>): boolean {
  if (typeof part === 'string') return part === ''
  return (part?.type === 'content' || part?.type === 'reasoning') && part.content === ''
}

function isFinish(part: Part): part is FinishPart {
  return typeof part === 'object' && part?.type === 'finish'
}
