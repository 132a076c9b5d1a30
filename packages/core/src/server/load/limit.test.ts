import { expect, test } from 'vitest'
import { Limit } from './limit.ts'

test('grants as many as there may be, and again when one is given back', () => {
  const limit = new Limit({ max: 2 })
  expect([limit.take(), limit.take(), limit.take()]).toEqual([undefined, undefined, 'max'])
  expect(limit.taken).toBe(2)
  limit.release()
  expect(limit.take()).toBeUndefined()
})

test('grants each owner as many as there may be for one', () => {
  const limit = new Limit({ max: 4, maxPerOwner: 2 })
  expect(['ann', 'ann', 'ann', 'bob'].map((owner) => limit.take(owner))).toEqual([
    undefined,
    undefined,
    'maxPerOwner',
    undefined,
  ])
  limit.release('ann')
  expect(limit.take('ann')).toBeUndefined()
})

test('does not count a refusal', () => {
  const limit = new Limit({ max: 1, maxPerOwner: 1 })
  limit.take('ann')
  expect([limit.take('bob'), limit.take('ann')]).toEqual(['max', 'max'])
  limit.release('ann')
  expect([limit.take('bob'), limit.taken]).toEqual([undefined, 1])
})

test('counts what has no owner in all only', () => {
  const limit = new Limit({ max: 3, maxPerOwner: 1 })
  expect([limit.take(), limit.take(), limit.take('ann'), limit.take()]).toEqual([
    undefined,
    undefined,
    undefined,
    'max',
  ])
  limit.release()
  expect(limit.taken).toBe(2)
})

test('is no bound unless one is given', () => {
  const limit = new Limit()
  for (let taken = 0; taken < 1000; taken++) expect(limit.take('ann')).toBeUndefined()
})
