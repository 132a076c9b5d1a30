import { StreamingError } from '../../src/errors.ts'
import type { Part } from '../../src/parts.ts'
import type { ScriptedAttempt } from '../../src/testing/index.ts'
import type { Failure, Word } from './commands.ts'

/** Text as it is hard to cut: two bytes, three, four, and what JSON escapes. */
const ALPHABET = ['a', 'ß', '語', '👩‍👩‍👧', '\u0000', '"', '\n']

/** The part that a word is; `number` tells it from all others. */
export function partOf({ kind, length }: Word, number: number): Part {
  const letters = Array.from({ length }, (_, index) => ALPHABET[(number + index) % ALPHABET.length])
  const text = `${number}${letters.join('')}`
  if (kind === 'content') return text
  if (kind === 'reasoning') return { type: 'reasoning', content: text }
  // These are not cut into several: what is too large for an event is an error, which is another schedule's.
  if (kind === 'tool_call') return { type: 'tool_call', index: 0, arguments: text.slice(0, 8) }
  return { type: 'data', name: 'd', data: text.slice(0, 8) }
}

/** The error that a provider's failure is thrown as. */
export function errorOf(failure: Exclude<Failure, 'junk'>): Error {
  switch (failure) {
    case 'recoverable':
      return new StreamingError('api_error')
    case 'rate_limit':
      return new StreamingError('rate_limit', undefined, { retryAfterMs: 500 })
    case 'fatal':
      return new StreamingError('quota_exceeded')
    case 'unknown':
      return new Error('secret')
  }
}

/** Has an attempt do something if it has not been told to end. */
export function tell(attempt: ScriptedAttempt | undefined, act: (attempt: ScriptedAttempt) => void): boolean {
  if (attempt === undefined || attempt.isEnded || attempt.isAborted) return false
  try {
    act(attempt)
    return true
  } catch {
    return false
  }
}
