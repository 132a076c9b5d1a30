import type { ErrorType } from './errors.ts'

/**
 * Replaces `meanings.ts` if a bundler builds for browsers (export condition `browser`). What the server
 * refuses comes with its sentence, so a page does not have to carry them all.
 */
export function meaningOf(type: ErrorType): string {
  return `${type.replaceAll('_', ' ')}.`
}
