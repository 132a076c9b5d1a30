import type { z } from 'zod'
import { ApiError } from './api-error.ts'

/**
 * Reads a request's body by its schema; what the schema does not know is ignored, as OpenAI does for most.
 *
 * @throws ApiError 400 for the first thing that is wrong, in OpenAI's words
 */
export function parseBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body, { reportInput: true })
  if (parsed.success) return parsed.data
  throw badRequest(parsed.error.issues[0])
}

function badRequest(issue: z.core.$ZodIssue | undefined): ApiError {
  const param = pathOf(issue?.path ?? [])
  const error = (code: string, message: string) =>
    new ApiError({ status: 400, message, param: param === '' ? null : param, code })

  if (issue?.input === undefined) {
    return error('missing_required_parameter', `Missing required parameter: '${param}'.`)
  }
  switch (issue.code) {
    case 'invalid_type':
      return error(
        'invalid_type',
        `Invalid type for '${param}': expected ${named(issue.expected)}, but got ${named(kindOf(issue.input))} instead.`,
      )
    case 'too_small':
      return issue.origin === 'array'
        ? error(
            'empty_array',
            `Invalid '${param}': empty array. Expected an array with minimum length ${issue.minimum}, but got an empty array instead.`,
          )
        : error(
            'integer_below_min_value',
            `Invalid '${param}': integer below minimum value. Expected a value >= ${issue.minimum}, but got ${issue.input} instead.`,
          )
    case 'invalid_value':
      return error(
        'invalid_value',
        `Invalid value: '${issue.input}'. Supported values are: ${issue.values.map((value) => `'${String(value)}'`).join(', ')}.`,
      )
    case 'invalid_union':
      return error(
        'invalid_type',
        `Invalid type for '${param}': ${issue.message}, but got ${named(kindOf(issue.input))} instead.`,
      )
    default:
      return error('invalid_value', `Invalid value for '${param}': ${issue.message}`)
  }
}

/** `messages[0].content`, as OpenAI writes it. */
function pathOf(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) =>
      typeof key === 'number' ? `[${key}]` : index === 0 ? String(key) : `.${String(key)}`,
    )
    .join('')
}

function kindOf(input: unknown): string {
  if (input === null) return 'null'
  return Array.isArray(input) ? 'array' : typeof input
}

function named(kind: string): string {
  if (kind === 'null') return 'null'
  return /^[aeio]/.test(kind) ? `an ${kind}` : `a ${kind}`
}
