import Anthropic from '@anthropic-ai/sdk'
import { anthropicMessages } from '@sluice/core/anthropic'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import { z } from 'zod'

const anthropic = new Anthropic()
const input = z.object({ question: z.string() })

// #region plain
const chat = defineStream({
  input,
  run: ({ input: { question }, signal }) => {
    const messages = [{ role: 'user' as const, content: question }]
    return anthropicMessages(
      anthropic,
      { model: 'claude-sonnet-4-5', max_tokens: 4096, messages },
      { signal },
    )
  },
})
// #endregion

const search = {
  name: 'search',
  input_schema: { type: 'object' as const, properties: { q: { type: 'string' } } },
}
const ended: object[] = []

// #region tools
const withTools = defineStream({
  input,
  run: ({ input: { question }, signal }) => {
    const messages = [{ role: 'user' as const, content: question }]
    const params = { model: 'claude-sonnet-4-5', max_tokens: 4096, messages, tools: [search] }
    return anthropicMessages(anthropic, params, { signal })
  },
  onEnd: ({ toolCalls }) => void ended.push(...toolCalls),
})
// #endregion

// #region reasoning
const thinking = defineStream({
  input,
  run: ({ input: { question }, signal }) => {
    const messages = [{ role: 'user' as const, content: question }]
    const thinking = { type: 'enabled' as const, budget_tokens: 2048 }
    const params = { model: 'claude-opus-4-5', max_tokens: 8192, messages, thinking }
    return anthropicMessages(anthropic, params, { signal })
  },
  onEnd: ({ reasoning, text }) => void ended.push({ reasoning, text }),
})
// #endregion

export const hub = createHub({ streams: { chat, withTools, thinking }, log: memoryLog() })
export { ended }
