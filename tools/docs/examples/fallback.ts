import { openaiChat } from '@sluice/core/openai'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import OpenAI from 'openai'
import { z } from 'zod'

const openai = new OpenAI()
const saved: string[] = []
const answers = { save: async (answer: string) => void saved.push(answer) }

// #region fallback
const chat = defineStream({
  input: z.object({ question: z.string() }),
  run: ({ input: { question }, signal, failure }) => {
    const model = failure?.type === 'server_overloaded' ? 'gpt-5-nano' : 'gpt-5-mini'
    return openaiChat(openai, { model, messages: [{ role: 'user', content: question }] }, { signal })
  },
  timeouts: { firstChunkMs: 10_000 },
  retry: { maxRetries: 3, afterFirstChunk: 'restart' },
  onEnd: ({ text }) => answers.save(text),
})
// #endregion

export const hub = createHub({ streams: { chat }, log: memoryLog() })
export { saved }
