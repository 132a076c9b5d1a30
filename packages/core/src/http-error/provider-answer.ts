import { typeOfName } from './error-names.ts'
import type { HeaderReader } from './retry-after.ts'

/** The fields of a provider's error, wherever a client has put them. */
export interface ProviderAnswer {
  /** HTTP status, also if the error came in the middle of a stream and has it as its `code` only. */
  readonly status: number | undefined
  /** Whether `status` is that of the answer as a whole, and not one in the middle of a stream. */
  readonly isOfRequest: boolean
  /** Its `code`, and its `status` if that is a word, as Google's is. */
  readonly names: readonly string[]
  /** Its `type`, and the name of the error, as AWS has it. They say less. */
  readonly types: readonly string[]
  readonly message: string | undefined
  readonly requestId: string | undefined
  /** How long to wait, as Google says it in the body: `34s`. */
  readonly retryDelay: string | undefined
  readonly header: HeaderReader
}

type Fields = Readonly<Record<string, unknown>>

/** An error body is small; what is larger is not one. */
const MAX_BODY_LENGTH = 100_000

/**
 * Reads an error of a provider's client by what it carries: `openai`, `@anthropic-ai/sdk`, `@google/genai`, the AI SDK,
 * the AWS SDK, or an error object out of a stream. `undefined`: it is none.
 */
export function readProviderAnswer(thrown: unknown): ProviderAnswer | undefined {
  const error = fieldsOf(thrown)
  if (error === undefined) return undefined
  // The AI SDK tells of its last attempt so.
  if (fieldsOf(error.lastError) !== undefined) return readProviderAnswer(error.lastError)
  const bodies = bodiesOf(error)
  const own = firstStatus(error.status, error.statusCode, fieldsOf(error.$metadata)?.httpStatusCode)
  const response = fieldsOf(error.response)
  const ofRequest = own ?? firstStatus(response?.status)
  const status = ofRequest ?? firstStatus(...bodies.flatMap(({ code, status }) => [code, status]))
  const names = strings(bodies.flatMap(({ code, status }) => [code, status]))
  const types = strings([...bodies.map(({ type }) => type), error.name])
  const isKnown = [...names, ...types].some((name) => typeOfName(name) !== undefined)
  const isOutOfStream = typeof error.stack !== 'string' && typeof error.message === 'string'
  if (status === undefined && bodies.length < 2 && !isKnown && !isOutOfStream) return undefined
  const header = headerReader(error.headers ?? error.responseHeaders ?? response?.headers)
  return {
    status,
    isOfRequest: ofRequest !== undefined,
    names,
    types,
    message: strings(bodies.map(({ message }) => message)).at(-1),
    requestId:
      strings([error.requestID, error.request_id, error.requestId]).at(0) ??
      header('x-request-id') ??
      header('request-id'),
    retryDelay: retryDelayOf(bodies),
    header,
  }
}

/** The error itself, and the error objects that it has from the provider, from the outside in. */
function bodiesOf(error: Fields): readonly Fields[] {
  const bodies = [error]
  const inner =
    nested(error.error) ??
    nested(error.data) ??
    nested(parse(error.responseBody)) ??
    nested(parse(error.body)) ??
    nested(parse(error.message))
  for (let body = inner; body !== undefined && bodies.length < 4; body = fieldsOf(body.error))
    bodies.push(body)
  return bodies
}

/** An error that wraps another one has a cause, not a body. */
function nested(value: unknown): Fields | undefined {
  return value instanceof Error ? undefined : fieldsOf(value)
}

/** Google's client has the whole body as its message. */
function parse(text: unknown): unknown {
  if (typeof text !== 'string' || text.length > MAX_BODY_LENGTH || !/^\s*[[{]/.test(text)) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value[0] : value
  } catch {
    return undefined
  }
}

function retryDelayOf(bodies: readonly Fields[]): string | undefined {
  for (const { details } of bodies) {
    if (!Array.isArray(details)) continue
    for (const detail of details) {
      const delay = fieldsOf(detail)?.retryDelay
      if (typeof delay === 'string') return delay
    }
  }
  return undefined
}

function headerReader(headers: unknown): HeaderReader {
  const fields = fieldsOf(headers)
  if (fields === undefined) return () => undefined
  const { get } = fields
  if (typeof get === 'function') return (name) => text(get.call(headers, name))
  const byName = new Map(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]))
  return (name) => text(byName.get(name))
}

function text(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value
  return typeof first === 'string' || typeof first === 'number' ? String(first) : undefined
}

/** The first that is an HTTP status. The code of a `DOMException` is a number too, and below 100. */
function firstStatus(...values: readonly unknown[]): number | undefined {
  for (const value of values) {
    const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value
    if (typeof status === 'number' && Number.isInteger(status) && status >= 100 && status < 600) return status
  }
  return undefined
}

function strings(values: readonly unknown[]): string[] {
  return values.filter((value): value is string => typeof value === 'string' && value !== '')
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null ? (value as Fields) : undefined
}
