import Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ModelServer, startModelServer } from '../index.ts'

let server: ModelServer
let client: Anthropic
beforeAll(async () => {
  server = await startModelServer({ ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY })
  client = new Anthropic({ apiKey: 'test', baseURL: server.url, maxRetries: 0 })
})
beforeEach(() => server.reset())
afterAll(() => server.close())

const asking = (content: string, model = 'claude-sonnet-4-5') => ({
  model,
  max_tokens: 8_000,
  messages: [{ role: 'user' as const, content }],
})

describe('the official client', () => {
  test('reads the same message from a stream and whole', async () => {
    const streamed = await client.messages.stream(asking('Plan a trip to Lisbon.')).finalMessage()
    const whole = await client.messages.create(asking('Plan a trip to Lisbon.'))
    for (const { content, stop_reason, usage } of [streamed, whole]) {
      expect(content).toEqual([
        expect.objectContaining({ type: 'text', text: server.answerFor('Plan a trip to Lisbon.') }),
      ])
      expect(stop_reason).toBe('end_turn')
      expect(usage.output_tokens).toBeGreaterThan(100)
    }
  })

  test('reads thinking with its signature, and then the answer', async () => {
    const { content } = await client.messages.stream(asking('x', 'sluice-reasoning')).finalMessage()
    expect(content.map(({ type }) => type)).toEqual(['thinking', 'text'])
    expect(content[0]).toMatchObject({ signature: expect.stringMatching(/./) })
  })

  test('reads calls of tools', async () => {
    server.script({ toolCalls: [{ name: 'find', arguments: '{"q":1}' }] })
    const { content, stop_reason } = await client.messages.stream(asking('x')).finalMessage()
    expect(content).toMatchObject([{ type: 'tool_use', name: 'find', input: { q: 1 } }])
    expect(stop_reason).toBe('tool_use')
  })

  test.each([
    ['401', 401, 'authentication_error'],
    ['429', 429, 'rate_limit_error'],
    ['529', 529, 'overloaded_error'],
  ] as const)('is told of %s in the shape that it knows', async (fault, status, type) => {
    server.fail(fault)
    const asked = client.messages.create(asking('x'))
    await expect(asked).rejects.toMatchObject({ status, error: { type: 'error', error: { type } } })
  })

  test('is told of an error in the stream', async () => {
    server.fail('error', { afterTokens: 3 })
    await expect(client.messages.stream(asking('x')).finalMessage()).rejects.toMatchObject({
      error: { error: { type: 'api_error' } },
    })
  })

  test('brings a key, which is not on record', async () => {
    await client.messages.create(asking('x'))
    expect(JSON.stringify(server.requests)).not.toContain('x-api-key')
    const asked = new Anthropic({ apiKey: 'invalid', baseURL: server.url, maxRetries: 0 }).messages.create(
      asking('x'),
    )
    await expect(asked).rejects.toMatchObject({ status: 401 })
  })
})
