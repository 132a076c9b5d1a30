import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Journal } from './journal.ts'

const steps = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constant('add' as const),
      stream: fc.nat(5),
      bytes: fc.integer({ min: 1, max: 3_000_000 }),
    }),
    fc.record({ do: fc.constant('forget' as const), stream: fc.nat(5), bytes: fc.constant(0) }),
  ),
  { maxLength: 60 },
)

test('no row is given up that a stream needs, and the journal stays within its bound', () => {
  fc.assert(
    fc.property(steps, (schedule) => {
      const journal = new Journal<number>()
      const needed = new Map<number, number>()
      const rows = new Map<number, number>()
      for (const [index, { do: what, stream, bytes }] of schedule.entries()) {
        const seq = index + 1
        if (what === 'forget') {
          journal.forget(stream)
          needed.delete(stream)
        } else {
          journal.add(stream, seq, bytes)
          if (!needed.has(stream)) needed.set(stream, seq)
        }
        for (const old of journal.tooOld()) {
          journal.forget(old)
          needed.delete(old)
        }
        if (bytes > 0) rows.set(seq, bytes)
        const below = journal.obsoleteBelow(seq, bytes) ?? 0
        for (const row of rows.keys()) if (row < below) rows.delete(row)
        for (const from of needed.values()) expect(from).toBeGreaterThanOrEqual(below)
        let inUse = 0
        const oldest = Math.min(...needed.values())
        for (const [row, size] of rows) if (row >= oldest) inUse += size
        expect(inUse).toBeLessThanOrEqual(16 * 1024 * 1024 + bytes)
        let all = 0
        for (const size of rows.values()) all += size
        expect(all - inUse).toBeLessThan(1024 * 1024 + bytes)
      }
    }),
    { numRuns: 300 },
  )
})
