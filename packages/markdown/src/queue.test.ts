import { expect, test } from 'vitest'
import { TextQueue } from './queue.ts'

test('gives the text in pieces, whatever it came in', () => {
  const queue = new TextQueue()
  for (let count = 0; count < 3000; count++) queue.push(`${count},`)
  let text = ''
  while (queue.length > 0) text += queue.take(7)
  expect(text).toBe(Array.from({ length: 3000 }, (_, count) => `${count},`).join(''))
  expect(queue.take(7)).toBe('')
})

test('never cuts a surrogate pair', () => {
  const queue = new TextQueue()
  queue.push('a😀b')
  expect(queue.take(2)).toBe('a😀')
  expect(queue.take(2)).toBe('b')
})
