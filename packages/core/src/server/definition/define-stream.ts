import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { StreamingError } from '../../errors.ts'
import type { DataChunkEvent, FileEvent, SourceEvent, Usage } from '../../events.ts'
import type { FinishPart, Part } from '../../parts.ts'
import type { PartBegin, ToolCall } from '../../transcript.ts'
import type { CoalesceOptions } from '../run/coalescer.ts'
import type { RunRetry } from '../run/retries.ts'

/** The argument of `run`. */
export interface RunContext<Input = unknown, Context = unknown> {
  /** The input, as the schema made it. */
  readonly input: Input
  /** The result of the transport's `context` option for this request. */
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
   * The part of this answer that is in the log and not void. It is empty in the first attempt, and after a retry that
   * voided it. With `retry: { afterFirstChunk: 'continue' }` the next attempt goes on from here, and yields the rest only.
   */
  readonly soFar: AnswerSoFar
  /** How many producers of this answer have died before this one. With the memory log always 0. */
  readonly restarts: number
  /** The last text that the producer that died had saved, for the first attempt of the next producer. */
  readonly checkpoint: string | undefined
  /**
   * Saves a text for the producer that follows if this one dies, such as the id of a response that runs at the
   * provider. It is kept beside the log if the definition has {@link StreamDefinition.onProducerLost}.
   */
  readonly saveCheckpoint: (checkpoint: string) => void
}

/** The part of an answer that a failed attempt has left in the log. `openaiSoFar` and its siblings make messages of it. */
export interface AnswerSoFar {
  readonly text: string
  readonly reasoning: string
  /** The calls of the rounds that have finished. */
  readonly toolCalls: readonly ToolCall[]
}

/** How a stream begins anew if its server died. */
export interface RestartOptions<Context = unknown> {
  /** How often: an input that crashes its server must not crash one server after the other. @default 2 */
  readonly maxRestarts?: number
  /** Makes what `run` gets as its `context`: the request that had it is gone. @default `undefined` */
  readonly context?: (stream: {
    readonly streamId: string
    readonly owner: string | undefined
  }) => Context | Promise<Context>
}

/**
 * How long a run waits for its provider, in milliseconds; `Infinity`: without a bound. They stand still while the run is paused.
 * Empty text (`''`) is a sign of life: it is no event, and `firstChunkMs` or `chunkMs` begins anew.
 */
export interface RunTimeouts {
  /** Until the first part of an attempt or of a round, and after the result of a tool. Reasoning models may be silent for minutes. @default 300_000 */
  readonly firstChunkMs?: number
  /** Between two parts. @default 30_000 */
  readonly chunkMs?: number
  /** For the whole run, attempts and waits included. @default Infinity */
  readonly totalMs?: number
  /** Paused at the log's bound with no viewer at all. @default 300_000 */
  readonly unreadMs?: number
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
  /** The order in which the parts began. `partsOf(end)` has them in that order, as a page shows them. */
  readonly order: readonly PartBegin[]
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

/** How large an input may be, beside its bytes, which the transport bounds. More is an `invalid_request`. */
export interface InputLimits {
  /** Objects, arrays, texts, numbers, … in all. A schema makes an issue of each that is wrong. @default 20_000 */
  readonly maxValues?: number
  /** Objects and arrays within each other. @default 64 */
  readonly maxDepth?: number
}

/** A definition: the argument of {@link defineStream}. */
export interface StreamDefinition<
  Schema extends StandardSchemaV1 = StandardSchemaV1,
  Context = unknown,
  P extends Part = Part,
> {
  /** Any Standard Schema (zod, Valibot, ArkType, …). It alone decides what input is valid, on every transport. */
  readonly input: Schema
  /** How large an input may be. It is looked at before the schema runs. @default 20_000 values, 64 levels deep */
  readonly inputLimits?: InputLimits
  /** The model's name, for `stream_start`. */
  readonly model?: string
  /** Asks the provider. Called once per attempt, and never for a viewer that reconnects. */
  readonly run: (context: RunContext<StandardSchemaV1.InferOutput<Schema>, Context>) => AsyncIterable<P>
  /** Called once per stream, for persistence and billing. An error that it throws is logged. */
  readonly onEnd?: (end: StreamEnd) => void | Promise<void>
  /** How long to wait for the provider. @default five minutes for the first part, 30 s between two */
  readonly timeouts?: RunTimeouts
  /** When to ask the provider again. @default twice within two minutes, before the first chunk only */
  readonly retry?: RunRetry
  /**
   * Whether a run without viewers goes on (`continue`), or is cancelled after `cancelAfterMs` milliseconds.
   * @default 'continue'
   */
  readonly whenUnwatched?: 'continue' | { readonly cancelAfterMs: number }
  /**
   * The reaction if the server that runs a stream dies, and its log is shared. The stream ends with
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
