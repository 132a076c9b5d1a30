import type { Retry } from '../../backoff.ts'
import { type ErrorType, StreamingError, toStreamingError } from '../../errors.ts'
import type { StreamEvent, WithoutChunkId } from '../../events.ts'
import type { FinishPart, Part } from '../../parts.ts'
import { isFinal, type StreamState, transition } from '../../state.ts'
import type { Clock } from '../clock.ts'
import type { AnyStreamDefinition, RunContext, StreamEnd } from '../definition/define-stream.ts'
import type { Audience } from '../delivery/audience.ts'
import type { LogProducer, LogWriter, RestartPlan } from '../log/log.ts'
import { publish } from '../telemetry/diagnostics.ts'
import type { Meter } from '../telemetry/metrics.ts'
import { Attempt, type AttemptReader } from './attempt.ts'
import { encodeEvent } from './encode.ts'
import { isEmptyText, isFinish } from './part-events.ts'
import { PartWriter } from './part-writer.ts'
import { Pause } from './pause.ts'
import { Retries, withBoundedRetryAfter } from './retries.ts'
import { Rounds } from './rounds.ts'
import { SourceTimeouts, type SourceTimeoutsObserver } from './source-timeouts.ts'
import { SourceTurns } from './source-turns.ts'
import { completeEvent, type EndFacts, streamEnd } from './stream-end.ts'

/** Options of a {@link Run}. */
export interface RunOptions {
  readonly definition: AnyStreamDefinition
  readonly log: LogWriter
  readonly audience: Audience
  readonly input: unknown
  readonly context: unknown
  /** If the definition asks for a restart: how often there was one. */
  readonly plan: RestartPlan | undefined
  readonly clock: Clock
  readonly meter: Meter
  /** Told once, after the terminal event is in the log. */
  readonly onEnd: (end: StreamEnd) => void
  /** Told of a source that has not ended long after it was abandoned. */
  readonly onStuckSource: () => void
}

/** One generation: asks the provider, and appends what it says, until exactly one terminal event. */
export class Run implements AttemptReader, LogProducer, SourceTimeoutsObserver {
  readonly #options: RunOptions
  readonly #log: LogWriter
  readonly #clock: Clock
  readonly #meter: Meter
  readonly #startedAt: number
  /** Made when it is first needed: most runs never fail. */
  #retries: Retries | undefined
  readonly #pause: Pause
  readonly #writer: PartWriter
  readonly #rounds = new Rounds()
  readonly #turns = new SourceTurns()
  readonly #timeouts: SourceTimeouts
  /** Gives the `at` of an event, if the definition wants that. */
  readonly #stamp: (() => number) | undefined
  #state: StreamState = 'idle'
  #failures = 0
  #failure: StreamingError | undefined
  /** The attempt under way. */
  #attempt: Attempt | undefined
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
    this.#ask()
  }

  /** Stops the generation, at the provider too. It does nothing if the run has ended. */
  cancel(reason: string): void {
    if (isFinal(this.#state)) return
    this.#end('cancelled', { type: 'stream_cancelled', reason })
  }

  /** Ends the stream with an error, whatever it was doing. */
  fail(failure: StreamingError): void {
    if (isFinal(this.#state)) return
    const error = withBoundedRetryAfter(failure, this.#options.definition.retry)
    const retries = this.#failures === 0 ? {} : { retry_count: this.#failures }
    this.#end('error', { type: 'stream_error', ...error.toWire(), ...retries }, { error })
  }

  /** @internal Its source has been silent for too long. */
  silent(error: ErrorType): void {
    this.sourceFailed(new StreamingError(error))
  }

  /** @internal The answer has taken too long as a whole. */
  late(): void {
    this.fail(new StreamingError('chunk_timeout', 'The answer took too long.'))
  }

  /** The audience, or the log, has moved on. */
  progressed(): void {
    this.#pause.progressed()
  }

  /** Makes the run wait while `isHeld` and it has no viewer, though the log has space: memory is short. */
  hold(isHeld: boolean): void {
    this.#pause.hold(isHeld)
  }

  #ask(): void {
    const attempt = new Attempt(this, this.#clock, this.#options.onStuckSource)
    this.#attempt = attempt
    this.#timeouts.awaitFirst()
    let source: AsyncIterable<Part>
    try {
      source = this.#open(attempt)
    } catch (error) {
      this.sourceFailed(error)
      return
    }
    void attempt.read(source)
  }

  #open({ signal, saveCheckpoint }: Attempt): AsyncIterable<Part> {
    const run = this.#options.definition.run as (context: RunContext) => AsyncIterable<Part>
    const { input, context, plan } = this.#options
    const { streamId, owner } = this.#log.record
    const attempt = this.#failures
    const { text, reasoning, toolCalls } = this.#writer.transcript
    return run({
      input,
      context,
      signal,
      streamId,
      owner,
      attempt,
      failure: this.#failure,
      soFar: { text, reasoning, toolCalls },
      restarts: plan?.restarts ?? 0,
      // A response that could not be continued once is not tried again.
      checkpoint: attempt === 0 ? plan?.checkpoint : undefined,
      saveCheckpoint,
    })
  }

  /** @internal */
  saveCheckpoint(checkpoint: string): void {
    this.#log.saveCheckpoint?.(checkpoint)
  }

  /** @internal */
  take(part: Part): Promise<void> | undefined {
    if (isFinish(part)) {
      this.#rounds.finish(part)
      this.#writer.endRound()
      // If another part follows, it is the first of another round, and may take as long.
      this.#timeouts.awaitFirst()
      return undefined
    }
    const pieces = this.#writer.pieces(part)
    return pieces === undefined ? this.#step(part) : this.#takePieces(pieces)
  }

  /** Text that is too large for one event. The run may have to wait between its pieces. */
  async #takePieces(pieces: Iterable<Exclude<Part, FinishPart>>): Promise<void> {
    const attempt = this.#attempt
    for (const piece of pieces) {
      await this.#step(piece)
      if (this.#attempt !== attempt) return
    }
  }

  /** Takes a part. The next one has to wait for the promise, if there is one. */
  #step(part: Exclude<Part, FinishPart>): Promise<void> | undefined {
    this.#write(part)
    if (this.#pause.isNeeded) return this.#pauseRun()
    return this.#turns.count()
  }

  #write(part: Exclude<Part, FinishPart>): void {
    const { now } = this.#timeouts
    const sinceLastMs = now - this.#timeouts.lastPartAt
    this.#timeouts.lastPartAt = now
    // A sign of life. No viewer sees it, so it is not the first chunk, and a retry after it is invisible.
    if (isEmptyText(part)) return
    if (this.#state === 'connecting') this.#begin()
    else this.#meter.betweenPartsMs.record(sinceLastMs)
    if (this.#timeouts.isFirst) this.#timeouts.awaitNext()
    if (this.#rounds.isFinished) this.#rounds.begin()
    this.#writer.write(part)
    if (typeof part !== 'string') this.#note(part)
  }

  #begin(): void {
    this.#go('streaming')
    this.#retries?.succeeded()
    if (this.#ttftMs === undefined) {
      this.#ttftMs = this.#elapsedMs()
      this.#meter.ttftMs.record(this.#ttftMs)
    }
  }

  #note(part: Exclude<Part, FinishPart | string>): void {
    this.#rounds.add(part)
    // Another tool follows, or the model's first part in the next round: each may take as long as a first part.
    if (part.type === 'tool_result') this.#timeouts.awaitFirst()
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

  /** @internal */
  sourceEnded(): void {
    if (this.#state !== 'connecting' || this.#rounds.isFinished) this.#complete()
    else this.sourceFailed(new StreamingError('api_error', 'The provider’s answer was empty.'))
  }

  /** @internal */
  sourceFailed(thrown: unknown): void {
    const attempt = this.#attempt
    this.#attempt = undefined
    attempt?.abandon()
    this.#timeouts.stop()
    // The answer is whole. A failure after its end does not change that.
    if (this.#rounds.isWhole) this.#complete()
    else void this.#retry(withBoundedRetryAfter(toStreamingError(thrown), this.#options.definition.retry))
  }

  /** Asks again, or ends the stream if neither the policy nor the application's callback wants another attempt. */
  async #retry(error: StreamingError): Promise<void> {
    const { retry: policy = {} } = this.#options.definition
    const mayAskAgain = this.#state === 'connecting' || (policy.afterFirstChunk ?? 'fail') !== 'fail'
    this.#retries ??= new Retries(policy, this.#clock)
    const { streamId } = this.#log.record
    const retry = await this.#retries.next({ streamId, error, failures: this.#failures + 1 }, mayAskAgain)
    if (isFinal(this.#state)) return
    if (retry === undefined) this.fail(error)
    else this.#askAgain(error, retry)
  }

  #askAgain(error: StreamingError, { delayMs, retryCount }: Retry): void {
    if (this.#state !== 'connecting') {
      this.#writer.retry({
        type: 'stream_retry',
        error_type: error.type,
        retry_count: retryCount,
        delay_ms: delayMs,
        keep_until: this.#keepUntil(),
      })
      this.#go('connecting')
    }
    // A finish of the attempt that failed says nothing of the next one.
    this.#rounds.begin()
    this.#failures += 1
    this.#failure = error
    this.#meter.retries += 1
    publish('sluice:stream:retry', { record: this.#log.record, error, retryCount, delayMs })
    this.#timeouts.awaitRetry(delayMs, () => this.#ask())
  }

  /** Voids what a failed attempt has appended, if the next one does not go on from there. */
  #keepUntil(): number {
    if (this.#options.definition.retry?.afterFirstChunk === 'continue' && !this.#rounds.isWithinCalls) {
      this.#writer.flush()
      return this.#log.next - 1
    }
    this.#rounds.restart()
    return 1
  }

  #complete(): void {
    if (this.#state === 'connecting') this.#go('streaming')
    this.#writer.flush()
    const { finishReason, usage } = this.#rounds
    const event = completeEvent(this.#rounds, this.#writer, {
      ttftMs: this.#ttftMs,
      durationMs: this.#elapsedMs(),
    })
    this.#end('completed', event, { finishReason, usage })
  }

  #end(
    outcome: StreamEnd['outcome'],
    event: WithoutChunkId<StreamEvent>,
    facts: Pick<EndFacts, 'error' | 'finishReason' | 'usage'> = {},
  ): void {
    const { record } = this.#log
    this.#go(outcome)
    this.#timeouts.end()
    this.#pause.end()
    this.#writer.flush()
    this.#log.end(encodeEvent(this.#log.next, event, this.#stamp?.()))
    // A source that came to its end has closed its connection.
    if (outcome !== 'completed') this.#attempt?.abandon(facts.error)
    this.#attempt = undefined

    const times = { ttftMs: this.#ttftMs, durationMs: this.#elapsedMs() }
    const end = streamEnd(record, this.#writer, this.#rounds, { outcome, ...facts, ...times })
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
