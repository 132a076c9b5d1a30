import type { StandardSchemaV1 } from '@standard-schema/spec'
import type {
  ContentChunkEvent,
  DataChunkEvent,
  FileEvent,
  ReasoningChunkEvent,
  SourceEvent,
  StreamRetryEvent,
  StreamStartEvent,
  TerminalEvent,
  ToolCallChunkEvent,
  ToolResultEvent,
} from './events.ts'
import type { DataPart, Part } from './parts.ts'

/** The part of a definition that the client needs: its types, nothing that runs. */
export interface StreamShape {
  /** Any Standard Schema (https://standardschema.dev): zod, Valibot, ArkType, … */
  readonly input: StandardSchemaV1
  readonly run: (context: never) => AsyncIterable<Part>
}

/** The definitions of a server by name; `typeof streams` is what the client is typed with. */
export type StreamShapes = Readonly<Record<string, StreamShape>>

/** The input of a definition, before its schema has transformed it. */
export type InputOf<S extends StreamShape> = StandardSchemaV1.InferInput<S['input']>

type PartOf<S extends StreamShape> = S['run'] extends (context: never) => AsyncIterable<infer P> ? P : never

type DataEventOf<P> = P extends DataPart<infer Name, infer Data> ? DataChunkEvent<Name, Data> : never

/** The events that a stream of this definition can have, its own data parts typed. */
export type EventOf<S extends StreamShape> =
  | StreamStartEvent
  | ContentChunkEvent
  | ReasoningChunkEvent
  | ToolCallChunkEvent
  | ToolResultEvent
  | DataEventOf<PartOf<S>>
  | SourceEvent
  | FileEvent
  | StreamRetryEvent
  | TerminalEvent
