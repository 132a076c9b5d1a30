import { ApiError, incorrectKey, modelNotFound, serverError } from '../api/api-error.ts'

/**
 * The stage of a request at which a fault strikes.
 *
 * - `status`: the request is refused with an HTTP status.
 * - `headers`: before any byte of the response.
 * - `connection`: on the way; the model itself goes on, so a background response can be resumed.
 * - `answer`: the model itself ends in another way than by having said everything.
 */
export type FaultStage = 'status' | 'headers' | 'connection' | 'answer'

/** The definition of a fault, for the code and for the tables in the README and in `--help`. */
export interface FaultDefinition {
  /** The stage at which it strikes. */
  readonly stage: FaultStage
  /** The effect for a client, in one sentence. */
  readonly effect: string
  /** The error of a fault of stage `status`. */
  readonly error?: (model: string) => ApiError
}

/** Every fault there is; the tables in the README and in `--help` are printed from this. */
export const faults = {
  '400': {
    stage: 'status',
    effect: '400 `context_length_exceeded`',
    error: () =>
      new ApiError({
        status: 400,
        message:
          "This model's maximum context length is 128000 tokens. However, your messages resulted in 128013 tokens. " +
          'Please reduce the length of the messages.',
        param: 'messages',
        code: 'context_length_exceeded',
      }),
  },
  '401': { stage: 'status', effect: '401 `invalid_api_key`', error: () => incorrectKey('sk-fault') },
  '403': {
    stage: 'status',
    effect: '403 `unsupported_country_region_territory`',
    error: () =>
      new ApiError({
        status: 403,
        message: 'Country, region, or territory not supported',
        type: 'request_forbidden',
        code: 'unsupported_country_region_territory',
      }),
  },
  '404': { stage: 'status', effect: '404 `model_not_found`', error: modelNotFound },
  '429': {
    stage: 'status',
    effect: '429 `rate_limit_exceeded`, with `retry-after: 1` unless told otherwise',
    error: (model) =>
      new ApiError({
        status: 429,
        message:
          `Rate limit reached for ${model} in organization org-sluice on tokens per min (TPM): Limit 200000, ` +
          'Used 199812, Requested 1034. Please try again in 1s.',
        type: 'tokens',
        code: 'rate_limit_exceeded',
        headers: { 'retry-after': '1' },
      }),
  },
  quota: {
    stage: 'status',
    effect: '429 `insufficient_quota`, which no retry will cure',
    error: () =>
      new ApiError({
        status: 429,
        message: 'You exceeded your current quota, please check your plan and billing details.',
        type: 'insufficient_quota',
        code: 'insufficient_quota',
      }),
  },
  '500': { stage: 'status', effect: '500 `server_error`', error: serverError },
  '503': {
    stage: 'status',
    effect: '503, the engine is overloaded',
    error: () =>
      new ApiError({
        status: 503,
        message: 'The engine is currently overloaded, please try again later',
        type: 'service_unavailable_error',
        code: 'overloaded',
      }),
  },
  '529': {
    stage: 'status',
    effect: '529, overloaded, as Anthropic says it; with `retry-after: 1` unless told otherwise',
    error: () =>
      new ApiError({
        status: 529,
        message: 'Overloaded',
        type: 'overloaded_error',
        headers: { 'retry-after': '1' },
      }),
  },
  'stall-headers': { stage: 'headers', effect: 'nothing is sent, not even headers' },
  'reset-headers': { stage: 'headers', effect: 'the connection is reset before any header' },
  'stall-first-token': { stage: 'connection', effect: 'headers are sent and then nothing' },
  stall: { stage: 'connection', effect: 'the stream goes silent in the middle' },
  reset: { stage: 'connection', effect: 'the connection is reset (RST) in the middle' },
  truncate: {
    stage: 'connection',
    effect: 'the stream ends cleanly in the middle, without `finish_reason`, `[DONE]` or last event',
  },
  malformed: {
    stage: 'connection',
    effect: 'in the middle an event is cut-off JSON; then the stream goes on',
  },
  error: { stage: 'answer', effect: 'in the middle the stream has an `error` payload and ends' },
  length: {
    stage: 'answer',
    effect:
      'the answer is cut: `finish_reason: length` (responses: `response.incomplete`, `max_output_tokens`)',
  },
  'content-filter': {
    stage: 'answer',
    effect: 'the answer is cut: `finish_reason: content_filter` (responses: `response.incomplete`)',
  },
  failed: { stage: 'answer', effect: '`response.failed` in the middle (chat: as `error`)' },
  incomplete: { stage: 'answer', effect: '`response.incomplete` in the middle (chat: as `length`)' },
} as const satisfies Record<string, FaultDefinition>

/** The name of a fault: `429`, `quota`, `stall`, … */
export type FaultName = keyof typeof faults

/** Whether a text is the name of a fault. */
export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(faults, name)
}

/** The definition of a fault. */
export function faultDefinition(name: FaultName): FaultDefinition {
  return faults[name]
}
