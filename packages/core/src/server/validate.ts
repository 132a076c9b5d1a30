import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type InputIssue, StreamingError } from '../errors.ts'

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
 * A definition's name is a segment of its URLs.
 * @throws {RangeError}
 */
export function checkName(name: string): void {
  if (/^[a-z][\w-]*$/i.test(name)) return
  throw new RangeError(
    `createHub: '${name}' cannot name a stream: begin with a letter; then letters, digits, _ and -.`,
  )
}
