import { type ErrorType, StreamingError } from '@sluice/core'
import { expect, test } from 'vitest'
import { idleSnapshot } from '../session/session-state.ts'
import { ENGLISH } from './words.ts'

test.each<[ErrorType, string]>([
  ['connection_lost', 'The connection was lost. Trying again …'],
  ['producer_lost', 'The server was lost. Another one begins the answer anew …'],
])('why it is tried again is said: %s', (type, words) => {
  const waiting = { for: 'retry', delayMs: 1, retryCount: 1, error: new StreamingError(type) } as const
  expect(ENGLISH.status({ ...idleSnapshot(), state: 'connecting', waiting })).toBe(words)
})
