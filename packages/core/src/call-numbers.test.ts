import { expect, test } from 'vitest'
import { CallNumbers } from './call-numbers.ts'

test('fragments at one index are one call, also if an id is blank or comes late', () => {
  const numbers = new CallNumbers()
  const fragments = [
    { index: 0 },
    { index: 0, id: '' },
    { index: 0, id: 'a' },
    { index: 0, id: 'a' },
    { index: 0 },
  ]
  expect(fragments.map((fragment) => numbers.of(fragment))).toEqual([0, 0, 0, 0, 0])
})

test('a new id at an index that has one begins a new call', () => {
  const numbers = new CallNumbers()
  const fragments = [{ index: 0, id: 'a' }, { index: 0, id: 'b' }, { index: 0 }, { index: 1, id: 'a' }]
  expect(fragments.map((fragment) => numbers.of(fragment))).toEqual([0, 1, 1, 2])
})

test('in the next round every call is new, and no number comes again', () => {
  const numbers = new CallNumbers()
  expect([numbers.of({ index: 0 }), numbers.of({ index: 3 })]).toEqual([0, 1])
  numbers.endRound()
  expect([numbers.of({ index: 3 }), numbers.of({ index: 0 })]).toEqual([2, 3])
})

test('a result belongs to the latest call of its id, which takes no more fragments', () => {
  const numbers = new CallNumbers()
  expect([numbers.of({ index: 0, id: 'a' }), numbers.of({ index: 1, id: 'b' })]).toEqual([0, 1])
  expect([numbers.ofResult('b'), numbers.ofResult('a')]).toEqual([1, 0])
  // A provider that names calls after their tool has the same ids in its next round.
  expect([numbers.of({ index: 0, id: 'a' }), numbers.ofResult('a')]).toEqual([2, 2])
})

test('a result of a call that is not in the stream gets the number of a new call', () => {
  const numbers = new CallNumbers()
  numbers.of({ index: 0, id: 'a' })
  expect([numbers.ofResult('other'), numbers.ofResult('other'), numbers.of({ index: 1 })]).toEqual([1, 1, 2])
})

test('after a restart a result does not belong to a call that is void', () => {
  const numbers = new CallNumbers()
  numbers.of({ index: 0, id: 'a' })
  numbers.restart()
  expect([numbers.of({ index: 0, id: 'a' }), numbers.ofResult('a')]).toEqual([1, 1])
})
