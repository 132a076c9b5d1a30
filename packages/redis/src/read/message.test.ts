import { expect, test } from 'vitest'
import { parseMessage, WHERE } from './message.ts'

test('an append: its first chunk_id, and one event per line', () => {
  expect(parseMessage('1 7 0 3 1700000000000\n{"a":1}\n{"b":2}')).toEqual({
    first: 7,
    isEnd: false,
    logFirst: 3,
    sentAt: 1_700_000_000_000,
    events: ['{"a":1}', '{"b":2}'],
  })
})

test('the end', () => {
  expect(parseMessage('1 8 1 1 0\n{}')).toMatchObject({ first: 8, isEnd: true })
})

test('a stream that was taken away', () => {
  expect(parseMessage('0')).toBe('forgotten')
})

test.each(['2 1 0 1 0\n{}', '1 x 0 1 0\n{}', '1 7 0 1 0', '', 'hello'])(
  'what is of another version, or of nobody’s, is not guessed at: %j',
  (message) => {
    expect(parseMessage(message)).toBeUndefined()
  },
)

test('a producer that asks for the positions of its viewers', () => {
  expect(parseMessage(WHERE)).toBe('where')
})
