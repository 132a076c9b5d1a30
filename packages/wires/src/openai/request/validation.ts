import type { StreamingError } from '@sluice/core'
import type { z } from 'zod'
import { fault, paramOf } from '../errors.ts'

type Issue = z.core.$ZodIssue

/**
 * The body as the schema has it, without the parameters that are `null`: they are absent, as on OpenAI's servers.
 * @throws {StreamingError} that names the first parameter that is wrong, as OpenAI's servers do
 */
export function validBody<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw fault({ message: 'The body of the request has to be a JSON object.' })
  }
  const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null))
  return validValue(schema, given, [])
}

/** As {@link validBody}, for a value at a place in the body. */
export function validValue<T extends z.ZodType>(schema: T, value: unknown, at: PropertyKey[]): z.output<T> {
  const result = schema.safeParse(value, { reportInput: true })
  if (result.success) return result.data
  throw faultOf(mostSpecific(result.error.issues), at)
}

/** Of the ways in which a value fits none of several forms, the one that came furthest. */
function mostSpecific(issues: readonly Issue[]): Issue {
  const [issue] = issues
  if (issue?.code !== 'invalid_union') return issue!
  const inner = issue.errors
    .map((branch) => ({ ...mostSpecific(branch) }))
    .filter(({ path }) => path !== undefined)
  const deepest = inner.sort((a, b) => b.path.length - a.path.length)[0]
  if (deepest === undefined || deepest.path.length === 0) return issue
  return { ...deepest, path: [...issue.path, ...deepest.path] } as Issue
}

function faultOf(issue: Issue, at: PropertyKey[]): StreamingError {
  const param = paramOf([...at, ...issue.path])
  const { message, code } = sentence(issue, `${param}`)
  return fault({ message, param, code })
}

/** The messages and codes of OpenAI's servers. */
function sentence(issue: Issue, param: string): { readonly message: string; readonly code: string } {
  const { input } = issue
  switch (issue.code) {
    case 'invalid_type':
      if (input === undefined) return missing(param)
      return wrongType(param, EXPECTED[issue.expected] ?? `one of type ${issue.expected}`, input)
    case 'invalid_value':
      if (input === undefined) return missing(param)
      return unsupported(param, input, issue.values)
    case 'invalid_union':
      if (issue.discriminator !== undefined) return sentenceOfUnion(issue, param)
      if (input === undefined) return missing(param)
      return wrongType(param, 'one of its forms', input)
    case 'too_small':
    case 'too_big':
      return outOfBounds(issue, param)
    default:
      return { message: `Invalid value for '${param}'.`, code: 'invalid_value' }
  }
}

function sentenceOfUnion(issue: Issue, param: string): { readonly message: string; readonly code: string } {
  const { discriminator = '', options } = issue as { discriminator?: string; options?: readonly unknown[] }
  const value = (issue.input as Record<string, unknown> | undefined)?.[discriminator]
  // zod names the field that tells the forms apart in the path.
  return value === undefined ? missing(param) : unsupported(param, value, options ?? [])
}

function missing(param: string): { readonly message: string; readonly code: string } {
  return { message: `Missing required parameter: '${param}'.`, code: 'missing_required_parameter' }
}

function wrongType(
  param: string,
  expected: string,
  input: unknown,
): { readonly message: string; readonly code: string } {
  const message = `Invalid type for '${param}': expected ${expected}, but got ${nameOf(input)} instead.`
  return { message, code: 'invalid_type' }
}

function unsupported(
  param: string,
  input: unknown,
  values: readonly unknown[],
): { readonly message: string; readonly code: string } {
  const supported =
    values.length === 0 ? '' : ` Supported values are: ${values.map((value) => `'${value}'`).join(', ')}.`
  const given = typeof input === 'string' ? `'${input.slice(0, 64)}'` : nameOf(input)
  return { message: `Invalid value for '${param}': ${given}.${supported}`, code: 'invalid_value' }
}

function outOfBounds(
  issue: Extract<Issue, { code: 'too_small' | 'too_big' }>,
  param: string,
): { readonly message: string; readonly code: string } {
  const isSmall = issue.code === 'too_small'
  const bound = isSmall ? `at least ${issue.minimum}` : `at most ${issue.maximum}`
  const side = isSmall ? 'below_min' : 'above_max'
  switch (issue.origin) {
    case 'array':
      return {
        message: `Invalid '${param}': it has to have ${bound} ${bound.endsWith(' 1') ? 'item' : 'items'}.`,
        code: isSmall ? 'empty_array' : 'array_above_max_length',
      }
    case 'string':
      return { message: `Invalid '${param}': it is empty.`, code: 'empty_string' }
    default: {
      const kind = Number.isInteger(issue.input) ? 'integer' : 'decimal'
      return { message: `Invalid '${param}': it has to be ${bound}.`, code: `${kind}_${side}_value` }
    }
  }
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'an integer',
  boolean: 'a boolean',
  object: 'an object',
  record: 'an object',
  array: 'an array',
}

function nameOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object') return 'an object'
  return `a ${typeof value}`
}
