import { expect, test } from 'vitest'
import { boundsOf, memoryOf } from './options.ts'
import { redisLog } from './redis-log.ts'

test('bounds have defaults, and those that depend on others follow them', () => {
  expect(memoryOf({ maxStreamBytes: 8192 })).toMatchObject({
    maxUnconfirmedBytes: 2048,
    resumeMarginBytes: 2048,
  })
  expect(boundsOf({ maxStreamBytes: 8192 })).toMatchObject({
    leaseMs: 15_000,
    lingerMs: 0,
    maxBatchBytes: 65_536,
  })
})

test.each([{ leaseMs: 0 }, { maxStreamBytes: 1 }, { lingerMs: Number.NaN }, { maxBytes: 1 }, { ttlMs: -1 }])(
  'a bound that cannot be held to is refused: %j',
  (options) => {
    expect(() => redisLog({ url: 'redis://127.0.0.1', ...options })).toThrow(RangeError)
  },
)

test('it needs one way to Redis, and only one', () => {
  expect(() => redisLog({})).toThrow(TypeError)
})
