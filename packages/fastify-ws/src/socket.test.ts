import { test } from 'tap'
import { closeReason } from './socket.ts'

test('a reason has 123 bytes at most, and no half character', async (t) => {
  t.equal(closeReason('short'), 'short')
  t.equal(closeReason('x'.repeat(200)), 'x'.repeat(123))
  t.equal(closeReason('漢'.repeat(100)), '漢'.repeat(41))
  t.equal(closeReason(`${'x'.repeat(121)}👩`), 'x'.repeat(121))
})
