// #region throw
import { StreamingError } from '@sluice/core'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import { z } from 'zod'

const chat = defineStream({
  input: z.object({ question: z.string() }),
  run: async function* ({ owner }) {
    if (creditOf(owner) <= 0) throw new StreamingError('quota_exceeded', 'You have no credit left.')
    yield 'An answer.'
  },
})
// #endregion

function creditOf(owner: string | undefined): number {
  return owner === 'ann' ? 1 : 0
}

export const hub = createHub({ streams: { chat }, log: memoryLog() })
