import fc from 'fast-check'
import { test } from 'tap'
import { checkMessage, plainAck, type RawMessage } from './messages.ts'

const field = fc.oneof(
  fc.constantFrom(
    undefined,
    null,
    0,
    1,
    -1,
    1.5,
    2 ** 53,
    2 ** 53 - 1,
    '',
    'x',
    'x'.repeat(128),
    'x'.repeat(129),
    {},
  ),
  fc.nat(),
)
const ack = fc.record({
  type: fc.constant('chunk_ack' as const),
  stream_id: field,
  chunk_id: field,
  limit: field,
  queue_length: field,
})

test('an ack is taken by hand as its schema takes it', (t) => {
  let taken = 0
  fc.assert(
    fc.property(ack, (raw) => {
      const message = JSON.parse(JSON.stringify(raw)) as RawMessage & { type: 'chunk_ack' }
      const byHand = plainAck(message)
      let bySchema: unknown
      try {
        bySchema = checkMessage(message)
      } catch {
        bySchema = undefined
      }
      if (byHand === undefined && bySchema === undefined) return
      taken += 1
      t.same(JSON.parse(JSON.stringify(byHand)), bySchema)
    }),
    { numRuns: 2_000, seed: 3 },
  )
  t.ok(taken > 20, `${taken} were good`)
  t.equal(plainAck({ type: 'ping', stream_id: 'x', chunk_id: 1 }), undefined)
  t.end()
})
