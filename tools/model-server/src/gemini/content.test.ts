import { GoogleGenAI } from '@google/genai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ModelServer, startModelServer } from '../index.ts'

let server: ModelServer
let client: GoogleGenAI
beforeAll(async () => {
  server = await startModelServer({ ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY })
  client = new GoogleGenAI({ apiKey: 'test', httpOptions: { baseUrl: server.url } })
})
beforeEach(() => server.reset())
afterAll(() => server.close())

const asking = (contents: string, model = 'gemini-2.5-flash') => ({ model, contents })

async function partsOf(params: ReturnType<typeof asking>) {
  const parts = []
  let finishReason: string | undefined
  for await (const chunk of await client.models.generateContentStream(params)) {
    parts.push(...(chunk.candidates?.[0]?.content?.parts ?? []))
    finishReason = chunk.candidates?.[0]?.finishReason ?? finishReason
  }
  return { parts, finishReason }
}

describe('the official client', () => {
  test('reads the same answer from a stream and whole', async () => {
    const { parts, finishReason } = await partsOf(asking('Plan a trip to Lisbon.'))
    const whole = await client.models.generateContent(asking('Plan a trip to Lisbon.'))
    expect(parts.map(({ text }) => text).join('')).toBe(server.answerFor('Plan a trip to Lisbon.'))
    expect(whole.text).toBe(server.answerFor('Plan a trip to Lisbon.'))
    expect(finishReason).toBe('STOP')
    expect(whole.usageMetadata?.candidatesTokenCount).toBeGreaterThan(100)
  })

  test('reads thoughts, and calls of functions whole', async () => {
    server.script({ reasoning: 'Hm.', toolCalls: [{ name: 'find', arguments: '{"q":1}' }] })
    const { parts } = await partsOf(asking('x'))
    expect(
      parts
        .filter(({ thought }) => thought)
        .map(({ text }) => text)
        .join(''),
    ).toBe('Hm.')
    expect(parts.flatMap(({ functionCall }) => functionCall ?? [])).toEqual([
      { name: 'find', args: { q: 1 } },
    ])
  })

  test.each([
    ['401', 401, 'UNAUTHENTICATED'],
    ['429', 429, 'RESOURCE_EXHAUSTED'],
    ['503', 503, 'UNAVAILABLE'],
  ] as const)('is told of %s in the shape that it knows', async (fault, status, name) => {
    server.fail(fault)
    const asked = client.models.generateContent(asking('x'))
    await expect(asked).rejects.toMatchObject({ status, message: expect.stringContaining(name) })
  })

  test('is told of an unknown model', async () => {
    await expect(client.models.generateContent(asking('x', 'none'))).rejects.toMatchObject({ status: 404 })
  })
})
