import fc from 'fast-check'
import { expect, test } from 'vitest'
import { logMemory } from './buffers.ts'

const LARGEST = 65_536
const sizes = fc.array(fc.integer({ min: 1, max: LARGEST }), { minLength: 1, maxLength: 200 })

test('at any time V8 has been told of a quarter of all memory', () => {
  let [all, told] = [0, 0]
  fc.assert(
    fc.property(sizes, (wanted) => {
      for (const bytes of wanted) {
        const memory = logMemory(bytes)
        expect(memory.length).toBe(bytes)
        all += bytes
        if (memory.buffer instanceof ArrayBuffer) told += bytes
        expect(told).toBeLessThanOrEqual(all / 4)
        expect(told).toBeGreaterThan(all / 4 - LARGEST)
      }
    }),
  )
})
