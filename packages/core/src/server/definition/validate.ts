import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type InputIssue, StreamingError } from '../../errors.ts'
import type { AnyStreamDefinition } from './define-stream.ts'

/**
 * The input as its schema makes it.
 * @throws {StreamingError} `invalid_request` with the issues, place by place.
 */
export async function validate(schema: StandardSchemaV1, input: unknown): Promise<unknown> {
  const result = await schema['~standard'].validate(input)
  if (result.issues === undefined) return result.value
  const issues = result.issues.map(toInputIssue)
  const [first] = issues
  const where = first === undefined || first.path.length === 0 ? 'input' : first.path.join('.')
  throw new StreamingError('invalid_request', `${where}: ${first?.message ?? 'is not valid'}`, { issues })
}

function toInputIssue({ message, path = [] }: StandardSchemaV1.Issue): InputIssue {
  const keys = path.map((segment) => (typeof segment === 'object' ? segment.key : segment))
  return { path: keys.map((key) => (typeof key === 'number' ? key : String(key))), message }
}

/**
 * A definition that nothing could come of: told when the server starts, not when the first visitor does.
 * @throws {TypeError | RangeError} that names the option.
 */
export function checkDefinition(name: string, definition: AnyStreamDefinition): void {
  // It is a segment of the stream's URLs.
  if (!/^[a-z][\w-]*$/i.test(name)) {
    throw new RangeError(
      `createHub: '${name}' cannot name a stream: begin with a letter; then letters, digits, _ and -.`,
    )
  }
  const { input, run, timeouts, retry, coalesce, whenUnwatched } = definition
  if (typeof input?.['~standard']?.validate !== 'function') {
    throw new TypeError(
      `createHub: input of '${name}' has to be a schema, of zod or of whoever else keeps to Standard Schema.`,
    )
  }
  if (typeof run !== 'function') {
    throw new TypeError(`createHub: run of '${name}' has to be a function that gives the parts of an answer.`)
  }
  const least: readonly (readonly [string, number | undefined, number])[] = [
    ['timeouts.firstChunkMs', timeouts?.firstChunkMs, 1],
    ['timeouts.chunkMs', timeouts?.chunkMs, 1],
    ['timeouts.totalMs', timeouts?.totalMs, 1],
    ['timeouts.unreadMs', timeouts?.unreadMs, 1],
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
