import { describe, test } from 'vitest'
import { manualWheel, testLog } from '../testing/index.ts'
import { memoryLog } from './memory-log.ts'

testLog(
  'memoryLog',
  (bounds) => {
    const wheel = manualWheel()
    return { log: memoryLog({ ...bounds, wheel }), pass: (ms) => wheel.advance(ms) }
  },
  { describe, test },
)
