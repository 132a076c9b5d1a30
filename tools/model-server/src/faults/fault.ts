import { z } from 'zod'
import { ApiError } from '../api/api-error.ts'
import { type FaultName, faultDefinition, faults, isFaultName } from './faults.ts'

/** The details of a fault; in a header or a model name they are written `after=12; times=2`. */
export interface FaultOptions {
  /**
   * Tokens that are sent before it strikes (`after`); at most the answer's own length.
   * @default 12
   */
  readonly afterTokens?: number | undefined
  /**
   * Value of the `retry-after` header, in seconds (`retry-after`).
   * @default 1 for `429`, no header for others
   */
  readonly retryAfterS?: number | undefined
  /**
   * Value of the `retry-after-ms` header, in milliseconds; then `retry-after` is only sent if given too
   * (`retry-after-ms`).
   * @default no header
   */
  readonly retryAfterMs?: number | undefined
  /**
   * Value of the `x-should-retry` header (`should-retry`).
   * @default no header
   */
  readonly shouldRetry?: boolean | undefined
  /**
   * How long a stall lasts, in milliseconds, before the stream goes on (`for-ms`).
   * @default Infinity, until the client hangs up or the server closes
   */
  readonly stallMs?: number | undefined
}

/** A fault as it is asked for in a header or a model name. */
export interface FaultRequest extends FaultOptions {
  /** Which fault. */
  readonly name: FaultName
  /**
   * How many requests with the same `key` fail (`times`).
   * @default Infinity
   */
  readonly times: number
  /**
   * The name under which requests are counted for `times` (`key`).
   * @default the text of the fault itself
   */
  readonly key: string
}

const wholeNumber = z.coerce.number().int().nonnegative()

/** The details of a fault as plain JSON. */
export const faultOptionsSchema = z.strictObject({
  afterTokens: wholeNumber.optional(),
  retryAfterS: z.number().nonnegative().optional(),
  retryAfterMs: z.number().nonnegative().optional(),
  shouldRetry: z.boolean().optional(),
  stallMs: wholeNumber.optional(),
}) satisfies z.ZodType<FaultOptions>

// The order is the order of the table in the README and in `--help`.
const parameters = z.strictObject({
  after: wholeNumber
    .optional()
    .describe('tokens that are sent before a fault in the middle; 12 unless told otherwise'),
  times: wholeNumber
    .optional()
    .describe('how many requests with the same key fail; all unless told otherwise'),
  key: z
    .string()
    .min(1)
    .optional()
    .describe(
      'the name under which requests are counted for `times`; the text of the fault unless told otherwise',
    ),
  'retry-after': z.coerce.number().nonnegative().optional().describe('the `retry-after` header, in seconds'),
  'retry-after-ms': z.coerce
    .number()
    .nonnegative()
    .optional()
    .describe('the `retry-after-ms` header, in milliseconds'),
  'should-retry': z.stringbool().optional().describe('the `x-should-retry` header: `true` or `false`'),
  'for-ms': wholeNumber
    .optional()
    .describe('how long a stall lasts, in milliseconds; for ever unless told otherwise'),
})

/** The meaning of each detail of a fault, for the tables in the README and in `--help`. */
export const faultParameters: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(parameters.shape).map(([name, { description }]) => [name, description ?? '']),
)

/**
 * Reads a fault as written in the header `x-model-fault` or after `sluice-fault-` in a model's name:
 * `429; retry-after=2; times=2`.
 *
 * @throws ApiError 400 `invalid_fault`, naming what is wrong
 */
export function parseFault(text: string): FaultRequest {
  const [name = '', ...details] = text.split(';').map((part) => part.trim())
  if (!isFaultName(name)) throw invalidFault(`'${name}' is none of ${Object.keys(faults).join(', ')}`)
  const pairs = details.filter(Boolean).map((detail) => {
    const [parameter = '', ...value] = detail.split('=')
    return [parameter.trim(), value.join('=').trim()] as const
  })
  const parsed = parameters.safeParse(Object.fromEntries(pairs))
  if (!parsed.success) throw invalidFault(z.prettifyError(parsed.error))
  return {
    name,
    times: parsed.data.times ?? Number.POSITIVE_INFINITY,
    key: parsed.data.key ?? text,
    afterTokens: parsed.data.after,
    retryAfterS: parsed.data['retry-after'],
    retryAfterMs: parsed.data['retry-after-ms'],
    shouldRetry: parsed.data['should-retry'],
    stallMs: parsed.data['for-ms'],
  }
}

function invalidFault(reason: string): ApiError {
  return new ApiError({ status: 400, message: `Invalid fault: ${reason}`, code: 'invalid_fault' })
}

/** A fault that one request suffers. */
export interface Fault {
  /** Which fault. */
  readonly name: FaultName
  /** Tokens that are sent before it strikes. */
  readonly afterTokens: number
  /** How long a stall lasts, in milliseconds. */
  readonly stallMs: number
  /** The error of a fault of stage `status`, with the headers that were asked for. */
  readonly error: ApiError | undefined
}

/** Makes what one request suffers of what was asked for. */
export function fault(name: FaultName, options: FaultOptions, model: string): Fault {
  const error = faultDefinition(name).error?.(model)
  return {
    name,
    afterTokens: options.afterTokens ?? 12,
    stallMs: options.stallMs ?? Number.POSITIVE_INFINITY,
    error:
      error &&
      new ApiError({ ...error.toJSON().error, status: error.status, headers: headers(error, options) }),
  }
}

function headers(error: ApiError, options: FaultOptions): Record<string, string> {
  const { retryAfterS, retryAfterMs, shouldRetry } = options
  const told = retryAfterS !== undefined || retryAfterMs !== undefined
  return {
    ...(told ? {} : error.headers),
    ...(retryAfterS !== undefined && { 'retry-after': String(retryAfterS) }),
    ...(retryAfterMs !== undefined && { 'retry-after-ms': String(retryAfterMs) }),
    ...(shouldRetry !== undefined && { 'x-should-retry': String(shouldRetry) }),
  }
}
