import { z } from 'zod'
import type { PaceChange } from './pace.ts'

/** The fields of a pace, as numbers or as the text of numbers. */
export const paceSchema = z.object({
  ttftMs: z.coerce.number().nonnegative().optional(),
  // `z.number()` takes no infinity.
  tokensPerSecond: z
    .union([
      z.literal(['Infinity', Number.POSITIVE_INFINITY]).transform(() => Number.POSITIVE_INFINITY),
      z.coerce.number().positive(),
    ])
    .optional(),
  jitter: z.coerce.number().min(0).max(1).optional(),
  seed: z.coerce.number().int().optional(),
})

/**
 * Takes what belongs to a pace from options.
 *
 * @throws RangeError when a number makes no sense, naming it
 */
export function readPace(options: PaceChange): PaceChange {
  const parsed = paceSchema.safeParse(options)
  if (parsed.success) return parsed.data
  throw new RangeError(z.prettifyError(parsed.error))
}
