import { GoogleGenAI } from '@google/genai'
import { geminiContent } from '@sluice/core/gemini'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import { z } from 'zod'

const gemini = new GoogleGenAI({})
const input = z.object({ question: z.string() })

// #region plain
const chat = defineStream({
  input,
  run: ({ input: { question }, signal }) =>
    geminiContent(gemini, { model: 'gemini-2.5-flash', contents: question }, { signal }),
})
// #endregion

const search = {
  name: 'search',
  parametersJsonSchema: { type: 'object', properties: { q: { type: 'string' } } },
}
const ended: object[] = []

// #region tools
const withTools = defineStream({
  input,
  run: ({ input: { question }, signal }) => {
    const config = { tools: [{ functionDeclarations: [search] }] }
    return geminiContent(gemini, { model: 'gemini-2.5-flash', contents: question, config }, { signal })
  },
  onEnd: ({ toolCalls }) => void ended.push(...toolCalls),
})
// #endregion

// #region reasoning
const thinking = defineStream({
  input,
  run: ({ input: { question }, signal }) => {
    const config = { thinkingConfig: { includeThoughts: true } }
    return geminiContent(gemini, { model: 'gemini-2.5-pro', contents: question, config }, { signal })
  },
  onEnd: ({ reasoning, text }) => void ended.push({ reasoning, text }),
})
// #endregion

export const hub = createHub({ streams: { chat, withTools, thinking }, log: memoryLog() })
export { ended }
