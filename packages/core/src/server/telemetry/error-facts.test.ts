import fc from 'fast-check'
import { APIError } from 'openai'
import { describe, expect, test } from 'vitest'
import { Harness } from '../../../test/harness.ts'
import { StreamingError } from '../../errors.ts'
import { httpError } from '../../http-error/http-error.ts'
import { settle } from '../../testing/index.ts'
import { errorFacts } from './error-facts.ts'

const PROMPT = 'my secret question about an illness that I have had since 1998'

describe('what is logged of an error', () => {
  test.each([
    `Incorrect API key provided: sk-live-1234567890abcdef. You can find your key at https://example.com`,
    `Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.payload.signature`,
    `connect failed: host=db password=hunter2`,
    `refused {"password": "hunter2"}`,
    `key AIzaSyA1234567890abcdefghij is not valid`,
    `token_1234567890 was refused`,
    `request for ann.lee+x@example.com denied`,
    `digest d41d8cd98f00b204e9800998ecf8427ed41d8cd98f00b204e9800998ecf8427e`,
  ])('has no credential of %s', (message) => {
    const { message: logged } = errorFacts(new Error(message))
    expect(logged).not.toMatch(/1234567890|payload|hunter2|AIzaSy|ann\.lee|98f00b/)
    expect(logged).toMatch(/\[/)
  })

  test('has no quoted text of some length, and short names as they are', () => {
    const { message } = errorFacts(new Error(`The model 'gpt-9' does not like "${PROMPT}" at all`))
    expect(message).toBe(`The model 'gpt-9' does not like "… at all`)
  })

  test('has no prompt from the body of an answer, and its status, code and request id', () => {
    const body = { code: 'invalid_prompt', message: `Invalid prompt: "${PROMPT}"` }
    const thrown = APIError.generate(
      400,
      { error: body },
      undefined,
      new Headers({ 'x-request-id': 'req_123' }),
    )
    const facts = errorFacts(thrown)
    expect(facts).toMatchObject({ code: 'invalid_prompt', status: 400, requestId: 'req_123' })
    expect(JSON.stringify(facts)).not.toContain('secret question')
  })

  test('has the causes, and the places in the code', () => {
    const thrown = new TypeError('fetch failed', {
      cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
    })
    expect(errorFacts(thrown)).toMatchObject({
      name: 'TypeError',
      message: 'fetch failed',
      stack: expect.stringMatching(/^\s+at .*error-facts\.test/),
      cause: { code: 'ECONNREFUSED' },
    })
  })

  test('is one short line, whatever was thrown', () => {
    const round = new Error('round')
    round.cause = round
    for (const thrown of [undefined, null, 'text', 7, {}, [], round, () => {}, Symbol('s')]) {
      expect(JSON.stringify(errorFacts(thrown)).length).toBeLessThan(10_000)
    }
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 3_000 }), (text) => {
        const { message } = errorFacts(new Error(text))
        expect(message.length).toBeLessThanOrEqual(201)
        expect(message).not.toContain('\n')
      }),
      { numRuns: 30 },
    )
  })
})

describe('a stream that ends with an error', () => {
  const thrown = Object.assign(new Error(`400 "${PROMPT}"`), {
    status: 400,
    error: { message: `"${PROMPT}"` },
  })

  test('is logged without the prompt, however it was thrown', async () => {
    for (const error of [
      thrown,
      httpError(thrown),
      new StreamingError('api_error', undefined, { cause: thrown }),
    ]) {
      const harness = new Harness({ definition: { retry: { maxRetries: 0 } } })
      const { attempt } = await harness.play()
      attempt.fail(error)
      await settle()
      const { logged } = harness
      expect(logged.find(({ level }) => level === 'error')).toMatchObject({
        message: 'stream ended with an error',
        facts: { err: { status: 400 } },
      })
      expect(JSON.stringify(logged)).not.toContain('secret question')
    }
  })

  test('is logged whole at trace, for a logger that has it', async () => {
    const harness = new Harness()
    const { attempt } = await harness.play()
    attempt.fail(thrown)
    await settle()
    expect(harness.traced).toMatchObject([{ err: thrown }])
  })

  test('and an onEnd that throws with the answer in its message is logged without it', async () => {
    const harness = new Harness({
      definition: { onEnd: ({ text }) => Promise.reject(new Error(`INSERT failed: "${text}"`)) },
    })
    const { attempt } = await harness.play()
    attempt.push(PROMPT)
    attempt.finish()
    await settle()
    const logged = harness.logged.filter(({ level }) => level === 'error')
    expect(logged).toHaveLength(1)
    expect(JSON.stringify(logged)).not.toContain('secret question')
  })
})
