import { test } from 'tap'
import { RateLimit } from './rate-limit.ts'

test('as many at once as in a second, then steadily', async (t) => {
  let now = 0
  const limit = new RateLimit(10, () => now)
  const taken = () => {
    let count = 0
    while (limit.take()) count += 1
    return count
  }
  t.equal(taken(), 10)
  now = 99
  t.equal(taken(), 0)
  now = 100
  t.equal(taken(), 1)
  now = 350
  t.equal(taken(), 2)
  now = 400
  t.equal(taken(), 1, 'the half that was left counts')
  now = 60_000
  t.equal(taken(), 10, 'no more is saved up')
})
