import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'
import { type DialectName, dialects } from '../dialects/dialects.ts'
import type { PaceChange } from '../pace/pace.ts'
import { paceSchema } from '../pace/pace-schema.ts'
import { ApiError } from './api-error.ts'

/** The settings that the headers of a single request may change, for the tables in the README and in `--help`. */
export const requestHeaders = {
  'x-model-ttft-ms': 'time to the first token, in milliseconds',
  'x-model-tokens-per-second': 'tokens per second, or `Infinity`',
  'x-model-jitter': 'how much a gap may differ from the mean gap, 0 to 1',
  'x-model-seed': 'the seed of the jitter',
  'x-model-answer-tokens': 'answer with generated Markdown of exactly this many tokens',
  'x-model-fault': 'a fault, with its details: `429; retry-after=2; times=2`',
  'x-model-dialect': 'a dialect of OpenAI’s wire, such as `pings`; several, joined by commas, in this order',
} as const

const dialectsSchema = z
  .string()
  .transform((text) => text.split(',').map((name) => name.trim()))
  .pipe(z.array(z.enum(Object.keys(dialects) as DialectName[])))

const schema = z.object({
  'x-model-ttft-ms': paceSchema.shape.ttftMs,
  'x-model-tokens-per-second': paceSchema.shape.tokensPerSecond,
  'x-model-jitter': paceSchema.shape.jitter,
  'x-model-seed': paceSchema.shape.seed,
  'x-model-answer-tokens': z.coerce.number().int().positive().max(10_000_000).optional(),
  'x-model-fault': z.string().optional(),
  'x-model-dialect': dialectsSchema.optional(),
})

/** The settings that the headers of one request change. */
export interface Wishes {
  /** Differences from the server's pace. */
  readonly pace: PaceChange
  /** The length of a generated answer, in tokens. */
  readonly answerTokens: number | undefined
  /** The text of a fault. */
  readonly fault: string | undefined
  /** How OpenAI's wire is spoken. */
  readonly dialects: readonly DialectName[]
}

/**
 * Reads what the headers of a request ask for.
 *
 * @throws ApiError 400 `invalid_header`, naming the header
 */
export function readHeaders(headers: IncomingHttpHeaders): Wishes {
  const parsed = schema.safeParse(headers)
  if (!parsed.success) {
    throw new ApiError({
      status: 400,
      message: `Invalid header: ${z.prettifyError(parsed.error)}`,
      code: 'invalid_header',
    })
  }
  const { data } = parsed
  return {
    pace: {
      ttftMs: data['x-model-ttft-ms'],
      tokensPerSecond: data['x-model-tokens-per-second'],
      jitter: data['x-model-jitter'],
      seed: data['x-model-seed'],
    },
    answerTokens: data['x-model-answer-tokens'],
    fault: data['x-model-fault'],
    dialects: data['x-model-dialect'] ?? [],
  }
}
