import { openaiChat } from '@sluice/core/openai'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import { OpenAI } from 'openai'
import { z } from 'zod'

const openai = new OpenAI({ apiKey: 'none' })

// #region continue
import { openaiSoFar } from '@sluice/core'

const chat = defineStream({
  input: z.object({ question: z.string() }),
  run: ({ input: { question }, signal, soFar }) => {
    const messages = [{ role: 'user' as const, content: question }, ...openaiSoFar(soFar)]
    return openaiChat(openai, { model: 'gpt-5-mini', messages }, { signal })
  },
  retry: { afterFirstChunk: 'continue' },
})
// #endregion

export const hub = createHub({ streams: { chat }, log: memoryLog() })
