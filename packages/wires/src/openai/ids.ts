import type { StreamRecord } from '@sluice/core/server'

/** The facts about a start that this API needs again when the answer is read, on any instance. */
export interface StartNote {
  /** The model's name, as the client asked for it. */
  readonly model: string
  /** The names of the functions that the client runs itself. */
  readonly tools: ReadonlySet<string>
}

/** The beginning of the notes of this API. */
const PREFIX = 'openai:'

/** The id of a stream as Chat Completions have it. */
export function completionIdOf(streamId: string): string {
  return `chatcmpl-${streamId}`
}

/** The id of a stream as Responses have it. */
export function responseIdOf(streamId: string): string {
  return `resp_${streamId}`
}

/**
 * Sluice's id of the stream that a response (`resp_…`) or a chat completion (`chatcmpl-…`) is, for what `onEnd` has
 * saved under it; `undefined` if it is neither.
 */
export function streamIdOf(id: string): string | undefined {
  return /^(?:resp_|chatcmpl-)([\w-]{22})$/.exec(id)?.[1]
}

/** The note that a stream of this API is started with: its record is all that a reader of the stream gets. */
export function encodeNote(model: string, tools: readonly string[]): string {
  return PREFIX + JSON.stringify([model, ...tools])
}

/** The note of a stream. One that was started elsewhere is known by the name of its definition. */
export function noteOf({ note, stream }: StreamRecord): StartNote {
  if (note?.startsWith(PREFIX) !== true) return { model: stream, tools: new Set() }
  const [model = stream, ...tools] = JSON.parse(note.slice(PREFIX.length)) as string[]
  return { model, tools: new Set(tools) }
}
