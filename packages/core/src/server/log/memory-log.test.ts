import { describe, test } from 'vitest'
import { manualClock, testLog } from '../../testing/index.ts'
import { memoryLog } from './memory-log.ts'

testLog(
  'memoryLog',
  (bounds) => {
    const clock = manualClock()
    return { log: memoryLog({ ...bounds, clock }), pass: (ms) => clock.advance(ms) }
  },
  { describe, test },
)
