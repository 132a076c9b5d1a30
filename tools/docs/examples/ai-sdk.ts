import { openai } from '@ai-sdk/openai'
import { aiSdk } from '@sluice/core/ai-sdk'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import { stepCountIs, streamText, tool } from 'ai'
import { z } from 'zod'

const input = z.object({ question: z.string() })

// #region plain
const chat = defineStream({
  input,
  run: ({ input: { question }, signal }) =>
    aiSdk(streamText({ model: openai('gpt-5-mini'), prompt: question, abortSignal: signal, maxRetries: 0 })),
})
// #endregion

const documents = { find: async (q: string) => [`About ${q}`] }
const ended: object[] = []

// #region tools
const withTools = defineStream({
  input,
  run: ({ input: { question }, signal }) =>
    aiSdk(
      streamText({
        model: openai('gpt-5-mini'),
        prompt: question,
        tools: {
          search: tool({
            inputSchema: z.object({ q: z.string() }),
            execute: ({ q }) => documents.find(q),
          }),
        },
        stopWhen: stepCountIs(5),
        abortSignal: signal,
        maxRetries: 0,
      }),
    ),
  onEnd: ({ toolCalls }) => void ended.push(...toolCalls),
})
// #endregion

// #region reasoning
const thinking = defineStream({
  input,
  run: ({ input: { question }, signal }) =>
    aiSdk(
      streamText({
        model: openai('gpt-5'),
        prompt: question,
        providerOptions: { openai: { reasoningSummary: 'auto' } },
        abortSignal: signal,
        maxRetries: 0,
      }),
    ),
  onEnd: ({ reasoning, text }) => void ended.push({ reasoning, text }),
})
// #endregion

export const hub = createHub({ streams: { chat, withTools, thinking }, log: memoryLog() })
export { ended }
