import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { RetryPolicy } from '../../backoff.ts'
import type { StreamingError } from '../../errors.ts'
import type { DataChunkEvent, FileEvent, SourceEvent, Usage } from '../../events.ts'
import type { FinishPart, Part } from '../../parts.ts'
import type { ToolCall } from '../../transcript.ts'
import type { CoalesceOptions } from '../run/coalescer.ts'
import type { DecideRetryByType } from '../run/retries.ts'

/** What `run` is given. */
export interface RunContext<Input = unknown, Context = unknown> {
  /** The input, as the schema made it. */
  readonly input: Input
  /** What the transport's `context` option made of the request. */
  readonly context: Context
  /** Aborted when the stream is cancelled, times out, or is retried. Hand it to the provider's client. */
  readonly signal: AbortSignal
  readonly streamId: string
  readonly owner: string | undefined
  /** 0 for the first attempt at the provider. */
  readonly attempt: number
  /** Why the attempt before this one failed: the next may ask another model. */
  readonly failure: StreamingError | undefined
  /**
   * What of this answer is in the log, and stands: empty in the first attempt, and after a retry that voided it. With
   * `retry: { afterFirstChunk: 'continue' }` the next attempt goes on from here, and yields only what is missing.
   */
  readonly soFar: AnswerSoFar
  /** How many producers of this answer have died before this one. With the memory log always 0. */
  readonly restarts: number
  /** What the producer that died had saved last, for the first attempt of the one that follows it. */
  readonly checkpoint: string | undefined
  /**
   * Leaves a word for the producer that follows where this one dies, such as the id of a response that runs at the
   * provider. It goes beside the log where the definition says {@link StreamDefinition.onProducerLost}.
   */
  readonly saveCheckpoint: (checkpoint: string) => void
}

/** What a failed attempt has left, for the next one to go on from. Made into messages by the helpers of each provider's format. */
export interface AnswerSoFar {
  readonly text: string
  readonly reasoning: string
  /** The calls of the rounds that have finished. */
  readonly toolCalls: readonly ToolCall[]
}

/** How a stream begins anew whose server died. */
export interface RestartOptions<Context = unknown> {
  /** How often: an input that kills the server that runs it must not kill one after the other. @default 2 */
  readonly maxRestarts?: number
  /** Makes what `run` gets as its `context`: the request that had it is gone. @default `undefined` */
  readonly context?: (stream: {
    readonly streamId: string
    readonly owner: string | undefined
  }) => Context | Promise<Context>
}

/**
 * How long a run waits for its provider, in milliseconds; `Infinity`: for ever. They stand still while it is paused.
 * Empty text (`''`) is a sign of life: it is no event, and `firstChunkMs` or `chunkMs` begins anew.
 */
export interface RunTimeouts {
  /** Until the first part of an attempt, or of a round. Reasoning models may be silent for minutes. @default 300_000 */
  readonly firstChunkMs?: number
  /** Between two parts. @default 30_000 */
  readonly chunkMs?: number
  /** For the whole run, attempts and waits included. @default Infinity */
  readonly totalMs?: number
  /** Paused at the log's bound with no viewer at all. @default 300_000 */
  readonly unreadMs?: number
}

/** When a run asks its provider again. */
export interface RunRetry extends Partial<RetryPolicy> {
  /**
   * What an error after the first chunk leads to: `fail` ends the stream; `restart` voids what came (viewers are
   * told by `stream_retry`) and asks again; `continue` keeps what came, and asks again with it as `soFar`: `run` has to
   * ask its provider to go on from there, and what it yields is appended. An answer that broke off within a tool call
   * cannot be gone on with, and begins anew. Before the first chunk a retry is invisible.
   * @default 'fail'
   */
  readonly afterFirstChunk?: 'fail' | 'restart' | 'continue'
  /** The longest `Retry-After` of a provider that is believed, and told to pages, in milliseconds. @default 3_600_000 */
  readonly maxRetryAfterMs?: number
  /** Decides on a retry after an error, by its type: may delay it, veto it, or ask for one. @default {} */
  readonly decide?: DecideRetryByType
}

/** A round of the provider that has finished: its reason, its usage, and the provider's own message if the source gave it. */
export type FinishedRound = Omit<FinishPart, 'type'>

/** How a stream ended, told once, on the instance that ran it. */
export interface StreamEnd {
  readonly streamId: string
  /** The definition's name. */
  readonly stream: string
  readonly owner: string | undefined
  readonly outcome: 'completed' | 'error' | 'cancelled'
  /** The whole answer, without what a retry made void. */
  readonly text: string
  readonly reasoning: string
  readonly toolCalls: readonly ToolCall[]
  /** The application's own parts, as the events that viewers got. */
  readonly data: readonly DataChunkEvent[]
  /** The sources and citations, as the events that viewers got. */
  readonly sources: readonly SourceEvent[]
  /** The files, as the events that viewers got. */
  readonly files: readonly FileEvent[]
  /** The rounds that have finished: one, or more if `run` asks its provider in a loop. */
  readonly rounds: readonly FinishedRound[]
  /** Of all rounds together. */
  readonly usage: Usage | undefined
  /** Of the last round. */
  readonly finishReason: string | undefined
  /** With its `cause`: for the server's eyes. */
  readonly error: StreamingError | undefined
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** Milliseconds from admission to the first chunk. */
  readonly ttftMs: number | undefined
  readonly durationMs: number
  /** How many events the log was given that bring a part of the answer. */
  readonly totalChunks: number
}

/** What {@link defineStream} takes. */
export interface StreamDefinition<
  Schema extends StandardSchemaV1 = StandardSchemaV1,
  Context = unknown,
  P extends Part = Part,
> {
  /** Any Standard Schema (zod, Valibot, ArkType, …). It alone decides what input is valid, on every transport. */
  readonly input: Schema
  /** The model's name, for `stream_start`. */
  readonly model?: string
  /** Asks the provider. Called once per attempt, and never for a viewer who comes back. */
  readonly run: (context: RunContext<StandardSchemaV1.InferOutput<Schema>, Context>) => AsyncIterable<P>
  /** Called once per stream, for persistence and billing. What it throws is logged. */
  readonly onEnd?: (end: StreamEnd) => void | Promise<void>
  /** How long to wait for the provider. @default five minutes for the first part, 30 s between two */
  readonly timeouts?: RunTimeouts
  /** When to ask the provider again. @default twice within two minutes, before the first chunk only */
  readonly retry?: RunRetry
  /**
   * What becomes of a run that has had no viewer for a while: `continue`, or cancel after so many milliseconds.
   * @default 'continue'
   */
  readonly whenUnwatched?: 'continue' | { readonly cancelAfterMs: number }
  /**
   * What follows where the server that runs a stream dies, and its log is shared. The stream ends with
   * `producer_lost` in any case. With `restart` another instance begins a new one from the same input, whose id is
   * `restarted_as` in the error's `context`, and that has its owner and its idempotency key. The input is then kept
   * beside the log, as JSON.
   * @default 'end'
   */
  readonly onProducerLost?: 'end' | 'restart' | RestartOptions<Context>
  /** How many chunks the run may be ahead of its furthest viewer. @default Infinity: the log's bound alone holds it */
  readonly leadChunks?: number
  /** Has each event say when it was appended, as `at`: milliseconds since the stream's start. @default false */
  readonly timestamps?: boolean
  /** Joins small deltas into larger events. @default undefined: each delta is an event */
  readonly coalesce?: CoalesceOptions
  /** The most that one event may have, in bytes of JSON. Longer text is cut into several. @default 262_144 */
  readonly maxEventBytes?: number
}

/** A definition whose types do not matter any more. */
export type AnyStreamDefinition = Omit<StreamDefinition, 'run'> & {
  readonly run: (context: never) => AsyncIterable<Part>
}

/** A hub's definitions, by the name that the routes carry. */
export type StreamDefinitions = Readonly<Record<string, AnyStreamDefinition>>

/**
 * Defines a kind of stream: what it takes, and how the provider is asked. Its types reach the client through
 * `typeof streams`.
 */
export function defineStream<const Schema extends StandardSchemaV1, Context = unknown, P extends Part = Part>(
  definition: StreamDefinition<Schema, Context, P>,
): StreamDefinition<Schema, Context, P> {
  return definition
}
