import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Limit } from './limit.ts'

test('never counts more than max, per key, and each release makes room for one', () => {
  const step = fc.record({ key: fc.constantFrom('ann', 'bob'), isRelease: fc.boolean() })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 60 }), (max, steps) => {
      const limit = new Limit<string>(max)
      const model = new Map([
        ['ann', 0],
        ['bob', 0],
      ])
      for (const { key, isRelease } of steps) {
        const count = model.get(key)!
        if (isRelease) {
          if (count === 0) continue
          limit.release(key)
          model.set(key, count - 1)
        } else {
          expect(limit.take(key)).toBe(count < max)
          if (count < max) model.set(key, count + 1)
        }
        expect(limit.taken(key)).toBe(model.get(key))
      }
    }),
  )
})

test('without keys it counts all together; Infinity refuses nothing', () => {
  const one = new Limit(1)
  expect([one.take(), one.take()]).toEqual([true, false])
  one.release()
  expect(one.take()).toBe(true)
  const none = new Limit(Number.POSITIVE_INFINITY)
  for (let count = 0; count < 1000; count++) expect(none.take()).toBe(true)
  expect(none.taken()).toBe(1000)
})
