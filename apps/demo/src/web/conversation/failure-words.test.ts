import { ERROR_TYPES } from '@sluice/core'
import { expect, test } from 'vitest'
import { type FailureCause, failureWords } from './failure-words.ts'

test.each(Object.keys(ERROR_TYPES) as FailureCause['type'][])(
  '%s has a title and a detail that are sentences',
  (type) => {
    const { title, detail } = failureWords(
      { type, message: 'The server says why.', retryAfterMs: undefined },
      false,
    )
    for (const words of [title, detail]) expect(words).toMatch(/^[A-Z“]\S* \S+/)
  },
)

test('it says when to try again, in whole seconds', () => {
  const { detail } = failureWords({ type: 'rate_limit', message: '', retryAfterMs: 1_200 }, false)
  expect(detail).toBe('The model provider asks for a pause. Try again in 2 s.')
})

test('what nothing is known of is told in the server’s own words', () => {
  const type = 'new_type' as FailureCause['type']
  expect(failureWords({ type, message: 'Something new.', retryAfterMs: undefined }, false)).toEqual({
    title: 'The answer broke off',
    detail: 'Something new.',
  })
})

test('if the server has died, it says whether anything is left, and where', () => {
  const lost = { type: 'producer_lost', message: '', retryAfterMs: undefined } as const
  expect(failureWords(lost, false).detail).toContain('Nothing of it is left')
  expect(failureWords(lost, true).detail).toContain('kept here only')
})
