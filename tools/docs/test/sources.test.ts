import { recordingSink } from '@sluice/core/testing'
import { type ModelServer, startModelServer } from '@sluice/model-server'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'

// The recipes of core's README for each provider, through its official client.

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

let model: ModelServer

beforeAll(async () => {
  model = await startModelServer({ ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY })
  process.env.ANTHROPIC_API_KEY = 'any'
  process.env.ANTHROPIC_BASE_URL = model.url
  process.env.GEMINI_API_KEY = 'any'
  process.env.GOOGLE_GEMINI_BASE_URL = model.url
  process.env.OPENAI_API_KEY = 'any'
  process.env.OPENAI_BASE_URL = model.baseURL
})
beforeEach(() => model.reset())
afterAll(() => model.close())

const question = 'Where do I begin?'
const RECIPES = {
  anthropic: () => import('../examples/anthropic.ts'),
  gemini: () => import('../examples/gemini.ts'),
  'ai-sdk': () => import('../examples/ai-sdk.ts'),
}

test.each(Object.entries(RECIPES))('%s: plain, with tools, with reasoning', async (_name, recipe) => {
  const { hub, ended } = await recipe()
  const sink = recordingSink()
  sink.watch(await hub.start({ stream: 'chat', input: { question } }))
  await sink.ended
  expect(sink.text).toBe(model.answerFor(question))

  model.script({ toolCalls: [{ name: 'search', arguments: '{"q":"begin"}' }] })
  await hub.start({ stream: 'withTools', input: { question } })
  await vi.waitFor(() => expect(ended).toHaveLength(1))
  expect(ended[0]).toMatchObject({ name: 'search', arguments: '{"q":"begin"}' })

  model.script({ reasoning: 'Hm.', text: 'Here.' })
  await hub.start({ stream: 'thinking', input: { question } })
  await vi.waitFor(() => expect(ended).toHaveLength(2))
  expect(ended[1]).toEqual({ reasoning: 'Hm.', text: 'Here.' })
  await hub.close()
})
