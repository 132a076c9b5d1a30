import { expect, test } from 'vitest'
import { MAX_REFUSED_KEYS, MAX_REFUSED_KEYS_PER_OWNER, RefusedKeys } from './refused-keys.ts'

test('a flood of one owner pushes out its own keys only', () => {
  const keys = new RefusedKeys()
  keys.add('bob 0', 'bob', 1)
  for (let count = 0; count < MAX_REFUSED_KEYS * 2; count++) keys.add(`ann ${count}`, 'ann', 1)
  expect(keys.has('bob 0')).toBe(true)
  expect(keys.has(`ann ${MAX_REFUSED_KEYS * 2 - 1}`)).toBe(true)
  expect(keys.has(`ann ${MAX_REFUSED_KEYS * 2 - 1 - MAX_REFUSED_KEYS_PER_OWNER}`)).toBe(false)
})

test('a flood without an owner pushes out its own keys before those of owners', () => {
  const keys = new RefusedKeys()
  keys.add('bob 0', 'bob', 1)
  for (let count = 0; count < MAX_REFUSED_KEYS * 2; count++) keys.add(`${count}`, undefined, 1)
  expect([keys.has('bob 0'), keys.has('0'), keys.has(`${MAX_REFUSED_KEYS * 2 - 1}`)]).toEqual([
    true,
    false,
    true,
  ])
})

test('keys are forgotten when their time is over, and one that is refused again lasts longer', () => {
  const keys = new RefusedKeys()
  keys.add('a', 'ann', 10)
  keys.add('b', 'ann', 20)
  keys.add('a', 'ann', 30)
  expect(keys.next).toBe(20)
  keys.forget(20)
  expect([keys.has('a'), keys.has('b'), keys.next]).toEqual([true, false, 30])
  keys.forget(30)
  expect([keys.has('a'), keys.next]).toEqual([false, Number.POSITIVE_INFINITY])
})
