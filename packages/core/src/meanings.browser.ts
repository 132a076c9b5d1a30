import type { ErrorType } from './errors.ts'

/**
 * Replaces `meanings.ts` if a bundler builds for browsers (export condition `browser`). The server
 * sends its refusals with their sentences, so a page does not have to carry them all.
 */
export function meaningOf(type: ErrorType): string {
  return `${type.replaceAll('_', ' ')}.`
}
