import { ERROR_TYPES } from '@sluice/core'
import { expect, test } from 'vitest'
import { failureWords } from './failure-words.ts'

test.each(Object.keys(ERROR_TYPES))('%s has a title and a detail that are sentences', (type) => {
  const { title, detail } = failureWords({ type, message: 'The server says why.', retryAfterMs: undefined })
  for (const words of [title, detail]) expect(words).toMatch(/^[A-Z“]\S* \S+/)
})

test('it says when to try again, in whole seconds', () => {
  const { detail } = failureWords({ type: 'rate_limit', message: '', retryAfterMs: 1_200 })
  expect(detail).toBe('The model provider asks for a pause. Try again in 2 s.')
})

test('what nothing is known of is told in the server’s own words', () => {
  expect(failureWords({ type: 'new_type', message: 'Something new.', retryAfterMs: undefined })).toEqual({
    title: 'The answer broke off',
    detail: 'Something new.',
  })
})
