import type { OpenAI } from 'openai'
import { expect, expectTypeOf, test } from 'vitest'
import { aiSdkSoFar, anthropicSoFar, CONTINUE_INSTRUCTION, geminiSoFar, openaiSoFar } from './so-far.ts'

const soFar = { text: 'The answer is ' }

test.each([openaiSoFar, anthropicSoFar, aiSdkSoFar])('%o asks to go on', (messages) => {
  expect(messages(soFar)).toEqual([
    { role: 'assistant', content: 'The answer is ' },
    { role: 'user', content: CONTINUE_INSTRUCTION },
  ])
  expect(messages(soFar, { instruction: 'Weiter.' })[1]).toEqual({ role: 'user', content: 'Weiter.' })
})

test.each([openaiSoFar, anthropicSoFar, geminiSoFar, aiSdkSoFar])(
  '%o says nothing of nothing',
  (messages) => {
    expect([messages({ text: '' }), messages({ text: '' }, { prefill: true })]).toEqual([[], []])
  },
)

test('the assistant has the last word if the model takes that as its beginning', () => {
  expect(openaiSoFar(soFar, { prefill: true })).toEqual([{ role: 'assistant', content: 'The answer is ' }])
  expect(aiSdkSoFar(soFar, { prefill: true })).toEqual([{ role: 'assistant', content: 'The answer is ' }])
  expect(geminiSoFar(soFar, { prefill: true })).toEqual([
    { role: 'model', parts: [{ text: 'The answer is ' }] },
  ])
})

test('Anthropic gets no white space at its end, and nothing that would be empty', () => {
  expect(anthropicSoFar(soFar, { prefill: true })).toEqual([{ role: 'assistant', content: 'The answer is' }])
  expect(anthropicSoFar({ text: ' \n' }, { prefill: true })).toEqual([])
})

test('Gemini gets its own roles and parts', () => {
  expect(geminiSoFar(soFar)).toEqual([
    { role: 'model', parts: [{ text: 'The answer is ' }] },
    { role: 'user', parts: [{ text: CONTINUE_INSTRUCTION }] },
  ])
})

test('the messages are those of the openai client, for both of its APIs', () => {
  expectTypeOf(openaiSoFar(soFar)[0]!).toExtend<OpenAI.ChatCompletionMessageParam>()
  expectTypeOf(openaiSoFar(soFar)[0]!).toExtend<OpenAI.Responses.ResponseInputItem>()
})
