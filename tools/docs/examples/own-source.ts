// #region source
import { httpError } from '@sluice/core'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import { z } from 'zod'

const chat = defineStream({
  input: z.object({ question: z.string() }),
  run: async function* ({ input: { question }, signal }) {
    try {
      const response = await fetch('http://localhost:8080/generate', {
        method: 'POST',
        body: question,
        signal,
      })
      if (!response.ok) throw response
      yield* response.body!.pipeThrough(new TextDecoderStream())
      yield { type: 'finish' as const, finishReason: 'stop' }
    } catch (error) {
      throw httpError(error)
    }
  },
})
// #endregion

export const hub = createHub({ streams: { chat }, log: memoryLog() })
