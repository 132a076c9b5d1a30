import type { Rule } from './parameters.ts'
import type { OpenAiRequest } from './types.ts'

/** A part of a request that has no place among the parameters of Chat Completions: only `body` has it. */
export interface OnlyInBody {
  /** The parameter of the body that it is in. */
  readonly name: string
  /** Its place: `tools[1].type`. */
  readonly param: string
  readonly message: string
}

/** A request whose form has been checked. */
export interface ParsedRequest {
  readonly request: OpenAiRequest
  readonly rules: Readonly<Record<string, Rule>>
  /** The names that parameters of the body have in the request, if they differ. */
  readonly renamed: Readonly<Record<string, string>>
  readonly onlyInBody: readonly OnlyInBody[]
  readonly isStream: boolean
  /** Whether the answer is asked for later. Responses have it. */
  readonly isBackground: boolean
  /** Whether the stream ends with the usage. Chat Completions have it. */
  readonly includeUsage: boolean
  /** The functions that the client runs. */
  readonly toolNames: readonly string[]
}

/** The names of the functions among some tools. */
export function toolNamesOf(tools: OpenAiRequest['tools']): readonly string[] {
  return (tools ?? []).map((tool) => (tool.type === 'function' ? tool.function.name : tool.custom.name))
}

/** Fields without those that are `undefined`. */
export function defined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(kept) as { [K in keyof T]: Exclude<T[K], undefined> }
}
