import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type InputIssue, StreamingError } from '../../errors.ts'
import type { AnyStreamDefinition, InputLimits } from './define-stream.ts'

const MAX_INPUT_VALUES = 20_000
const MAX_INPUT_DEPTH = 64
/** More issues help no reader, and all of them would be sent to the page. */
const MAX_ISSUES = 20
/** A schema may put the value itself into its message. */
const MAX_ISSUE_LENGTH = 500
/** The keys of a path are the input's own, and each issue below a long one would repeat it. */
const MAX_PATH_LENGTH = 500

/**
 * Refuses an input that is too large or too deep before anything walks it by recursion, or a schema makes an issue of
 * each of its values. It stops at the first value that is too much.
 * @param name what it is called in the error
 * @throws {StreamingError} `invalid_request`
 */
export function checkInputSize(input: unknown, limits: InputLimits = {}, name = 'input'): void {
  const { maxValues = MAX_INPUT_VALUES, maxDepth = MAX_INPUT_DEPTH } = limits
  let level: readonly object[] = isObject(input) ? [input] : []
  let values = 1
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > maxDepth) throw tooLarge(name, `more than ${maxDepth} levels deep`)
    const next: object[] = []
    for (const container of level) {
      const fields: readonly unknown[] = Array.isArray(container) ? container : Object.values(container)
      values += fields.length
      if (values > maxValues) throw tooLarge(name, `of more than ${maxValues} values`)
      for (const field of fields) if (isObject(field)) next.push(field)
    }
    level = next
  }
}

/** Bytes count as one value. No JSON has them, but an application may start a stream with some. */
function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)
}

function tooLarge(name: string, what: string): StreamingError {
  return new StreamingError('invalid_request', `${name}: is ${what}`)
}

/**
 * The input as its schema makes it.
 * @throws {StreamingError} `invalid_request` with the first 20 issues, place by place; `more_issues` in its context says
 * how many there are beside them.
 */
export async function validate(schema: StandardSchemaV1, input: unknown): Promise<unknown> {
  const result = await schema['~standard'].validate(input)
  if (result.issues === undefined) return result.value
  const issues = result.issues.slice(0, MAX_ISSUES).map(toInputIssue)
  const more = result.issues.length - issues.length
  const [first] = issues
  const where = first === undefined || first.path.length === 0 ? 'input' : first.path.join('.')
  throw new StreamingError('invalid_request', `${where}: ${first?.message ?? 'is not valid'}`, {
    issues,
    ...(more > 0 && { context: { more_issues: more } }),
  })
}

function toInputIssue({ message, path = [] }: StandardSchemaV1.Issue): InputIssue {
  const keys = path.map((segment) => (typeof segment === 'object' ? segment.key : segment))
  return { path: shortPath(keys), message: shortened(message, MAX_ISSUE_LENGTH) }
}

/** The first keys of a path, and `…` in place of the rest if they are long together. */
function shortPath(keys: readonly PropertyKey[]): (string | number)[] {
  const path: (string | number)[] = []
  let length = 0
  for (const key of keys) {
    if (length >= MAX_PATH_LENGTH) return [...path, '…']
    const name = typeof key === 'number' ? key : shortened(String(key), MAX_PATH_LENGTH - length)
    path.push(name)
    // A number, and what JSON puts around a key, count too.
    length += String(name).length + 3
  }
  return path
}

function shortened(text: string, maxLength: number): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text
}

/**
 * Refuses a definition that cannot work when the server starts, and not when the first visitor comes.
 * @throws {TypeError | RangeError} that names the option.
 */
export function checkDefinition(name: string, definition: AnyStreamDefinition): void {
  // It is a segment of the stream's URLs.
  if (!/^[a-z][\w-]*$/i.test(name)) {
    throw new RangeError(
      `createHub: '${name}' cannot name a stream: begin with a letter; then letters, digits, _ and -.`,
    )
  }
  const { input, run, timeouts, retry, coalesce, whenUnwatched, inputLimits } = definition
  if (typeof input?.['~standard']?.validate !== 'function') {
    throw new TypeError(
      `createHub: input of '${name}' has to be a schema that implements Standard Schema, for instance of zod.`,
    )
  }
  if (typeof run !== 'function') {
    throw new TypeError(
      `createHub: run of '${name}' has to be a function that returns the parts of an answer.`,
    )
  }
  const least: readonly (readonly [string, number | undefined, number])[] = [
    ['timeouts.firstChunkMs', timeouts?.firstChunkMs, 1],
    ['timeouts.chunkMs', timeouts?.chunkMs, 1],
    ['timeouts.totalMs', timeouts?.totalMs, 1],
    ['timeouts.unreadMs', timeouts?.unreadMs, 1],
    ['inputLimits.maxValues', inputLimits?.maxValues, 1],
    ['inputLimits.maxDepth', inputLimits?.maxDepth, 0],
    ['retry.maxRetries', retry?.maxRetries, 0],
    ['retry.maxElapsedMs', retry?.maxElapsedMs, 0],
    ['retry.maxRetryAfterMs', retry?.maxRetryAfterMs, 0],
    ['coalesce.maxChunks', coalesce?.maxChunks, 1],
    ['coalesce.maxBytes', coalesce?.maxBytes, 1],
    ['coalesce.maxDelayMs', coalesce?.maxDelayMs, 0],
    [
      'whenUnwatched.cancelAfterMs',
      typeof whenUnwatched === 'object' ? whenUnwatched.cancelAfterMs : undefined,
      0,
    ],
    [
      'onProducerLost.maxRestarts',
      typeof definition.onProducerLost === 'object' ? definition.onProducerLost.maxRestarts : undefined,
      1,
    ],
    ['leadChunks', definition.leadChunks, 1],
    ['maxEventBytes', definition.maxEventBytes, LEAST_EVENT_BYTES],
  ]
  for (const [option, value, minimum] of least) {
    if (value === undefined || value >= minimum) continue
    throw new RangeError(`createHub: ${option} of '${name}' has to be at least ${minimum}, and is ${value}.`)
  }
}

/** An event has a name, an id and a little text. */
const LEAST_EVENT_BYTES = 128
