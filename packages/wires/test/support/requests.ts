import { StreamingError } from '@sluice/core'
import { expect } from 'vitest'
import { openAiError } from '../../src/openai/errors.ts'
import { parseChat } from '../../src/openai/request/chat.ts'
import { modelInput } from '../../src/openai/request/model-input.ts'
import { parseResponse } from '../../src/openai/request/responses.ts'
import type { OpenAiRequest } from '../../src/openai/request/types.ts'

/** The `input` of a model. */
export type Input = (request: OpenAiRequest) => unknown

export const hi = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] }
export const ask = { model: 'm', input: 'Hi' }
export const search = { type: 'function', function: { name: 'search', parameters: { type: 'object' } } }
export const flatSearch = { type: 'function', name: 'search', parameters: { type: 'object' }, strict: true }
export const toInput: Input = ({ messages }) => ({ messages })

export const chat = (body: object, input: Input = toInput) =>
  inputOf(() => parseChat({ ...hi, ...body }), input)
export const respond = (body: object, input: Input = toInput) =>
  inputOf(() => parseResponse({ ...ask, ...body }), input)

/** The input that the application makes of a request; if it is refused, the error that the client gets. */
export async function inputOf(parse: () => ReturnType<typeof parseChat>, input: Input): Promise<unknown> {
  try {
    return await modelInput(parse(), input)
  } catch (error) {
    if (!(error instanceof StreamingError)) throw error
    expect(error.status).toBe(400)
    return openAiError(error)
  }
}

export const refused = (param: string | null, code: string | null, message: RegExp = /./) =>
  expect.objectContaining({
    type: 'invalid_request_error',
    param,
    code,
    message: expect.stringMatching(message),
  })
