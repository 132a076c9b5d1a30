import { type FaultName, type ModelServer, startModelServer } from '@sluice/model-server'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Harness } from '../../test/harness.ts'
import { type ErrorType, StreamingError } from '../errors.ts'
import { recordingSink, settle } from '../testing/index.ts'
import { openaiChat } from './chat.ts'

let server: ModelServer
let client: OpenAI
beforeAll(async () => {
  server = await startModelServer({ ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY })
  client = new OpenAI({ apiKey: 'sk-test', baseURL: server.baseURL, logLevel: 'off' })
})
beforeEach(() => server.reset())
afterAll(() => server.close())

const params = {
  model: 'gpt-5-mini',
  messages: [{ role: 'user' as const, content: 'Plan a trip to Lisbon.' }],
}

async function failureOf(ask: OpenAI = client): Promise<{ error: StreamingError; text: string }> {
  let text = ''
  try {
    for await (const part of openaiChat(ask, params)) if (part.type === 'content') text += part.content
  } catch (error) {
    expect(error).toBeInstanceOf(StreamingError)
    return { error: error as StreamingError, text }
  }
  throw new Error('It did not fail.')
}

/** The fault, the error’s type, whether a new start may succeed, and the least that it says to wait. */
const FAULTS: readonly [FaultName, ErrorType, boolean, number | undefined][] = [
  ['400', 'context_length_exceeded', false, undefined],
  ['401', 'authentication', false, undefined],
  ['403', 'permission_denied', false, undefined],
  ['404', 'not_found', false, undefined],
  ['429', 'rate_limit', true, 1000],
  ['quota', 'quota_exceeded', false, undefined],
  ['500', 'api_error', true, undefined],
  ['503', 'server_overloaded', true, undefined],
  ['reset-headers', 'connection_lost', true, undefined],
  ['reset', 'connection_lost', true, undefined],
  ['truncate', 'connection_lost', true, undefined],
  ['malformed', 'api_error', true, undefined],
  ['error', 'api_error', true, undefined],
  ['failed', 'api_error', true, undefined],
  ['content-filter', 'content_filter', false, undefined],
]

describe('a fault of the provider', () => {
  test.each(FAULTS)('%s is %s', async (fault, type, recoverable, retryAfterMs) => {
    server.fail(fault)
    const { error, text } = await failureOf()
    expect({ type: error.type, recoverable: error.recoverable, retryAfterMs: error.retryAfterMs }).toEqual({
      type,
      recoverable,
      retryAfterMs,
    })
    expect(server.answerFor(params.messages[0]!.content).startsWith(text)).toBe(true)
    expect(server.requests).toHaveLength(1)
  })

  test.each(FAULTS)('%s tells the visitor nothing of what the provider wrote', async (fault) => {
    server.fail(fault)
    const { error } = await failureOf()
    const wire = JSON.stringify(error.toWire())
    expect(wire).not.toMatch(/sk-|org-|gpt-5|quota, please|TPM|Lisbon|127\.0\.0\.1/)
  })

  test.each<[FaultName, number]>([
    ['reset', 30],
    ['truncate', 30],
    ['error', 30],
    ['content-filter', 30],
  ])('%s in the middle comes after what was said', async (fault, afterTokens) => {
    server.fail(fault, { afterTokens })
    const { text } = await failureOf()
    const { text: sent } = server.requests[0]!
    expect(sent.length).toBeGreaterThan(50)
    // A connection that is reset may take with it what had not been read.
    if (fault === 'reset') expect(sent.startsWith(text)).toBe(true)
    else expect(text).toBe(sent)
  })

  test('stall-headers is noticed by the client’s own timeout, too', async () => {
    server.fail('stall-headers')
    const impatient = new OpenAI({ apiKey: 'sk-test', baseURL: server.baseURL, timeout: 50, logLevel: 'off' })
    const { error } = await failureOf(impatient)
    expect(error).toMatchObject({ type: 'first_chunk_timeout', recoverable: true })
  })

  test('nobody listening is a lost connection', async () => {
    const closed = await startModelServer()
    const { baseURL } = closed
    await closed.close()
    const { error } = await failureOf(new OpenAI({ apiKey: 'sk-test', baseURL, logLevel: 'off' }))
    expect(error).toMatchObject({ type: 'connection_lost', recoverable: true })
  })
})

describe('what a provider says of waiting', () => {
  test.each([
    [{ retryAfterS: 7 }, 7000, true],
    [{ retryAfterS: 0 }, 0, true],
    [{ retryAfterS: 2, retryAfterMs: 350 }, 350, true],
    [{ retryAfterMs: 1.5 }, 1.5, true],
    [{ shouldRetry: false }, 1000, false],
    [{ shouldRetry: true }, 1000, true],
  ])('with %o is heard', async (options, retryAfterMs, recoverable) => {
    server.fail('429', options)
    const { error } = await failureOf()
    expect(error).toMatchObject({ type: 'rate_limit', retryAfterMs, recoverable })
  })

  test('x-should-retry makes an error worth a retry that is none by itself', async () => {
    server.fail('401', { shouldRetry: true })
    expect((await failureOf()).error).toMatchObject({ type: 'authentication', recoverable: true })
  })
})

describe('through a hub', () => {
  const harness = (definition: object = {}) =>
    new Harness({
      definition: { run: ({ signal }) => openaiChat(client, params, { signal }), ...definition },
    })

  test('the whole answer is in the log, and its usage with it', async () => {
    const { hub, ends } = harness()
    const sink = recordingSink()
    sink.watch(await hub.start({ stream: 'chat', input: {} }))
    await sink.ended
    expect(sink.text).toBe(server.answerFor(params.messages[0]!.content))
    expect(sink.events.at(-1)).toMatchObject({
      type: 'stream_complete',
      finish_reason: 'stop',
      usage: ends[0]?.usage,
    })
  })

  test.each<[FaultName, ErrorType, number]>([
    ['stall-headers', 'first_chunk_timeout', 0],
    ['stall-first-token', 'first_chunk_timeout', 0],
    ['stall', 'chunk_timeout', 12],
  ])('%s is noticed by the clock, and the connection is closed', async (fault, type, tokens) => {
    const { hub, clock } = harness({ retry: { maxRetries: 0 } })
    server.fail(fault)
    const sink = recordingSink()
    sink.watch(await hub.start({ stream: 'chat', input: {} }))
    const request = await server.waitFor((one) => one.tokens >= tokens && one.fault === fault)
    if (tokens > 0) await sink.received(2)
    // Chunks that are still on their way from the provider delay the alarm.
    while (sink.reason === undefined) await clock.pass(1000)
    expect(clock.now()).toBeGreaterThanOrEqual(30_000)
    expect(await sink.ended).toBe('ended')
    expect(sink.events.at(-1)).toMatchObject({ type: 'stream_error', error_type: type, recoverable: true })
    expect(await request.ended).toBe('client_hung_up')
  })

  test('a 429 before the first chunk is retried without a sign of it', async () => {
    const { hub, clock } = harness()
    server.fail('429', { retryAfterMs: 5 })
    const sink = recordingSink()
    sink.watch(await hub.start({ stream: 'chat', input: {} }))
    // The clock stands still while the refusal is on its way.
    while (hub.metrics().retries === 0) await settle(1)
    await clock.pass(1000)
    await sink.ended
    expect(server.requests.map(({ status }) => status)).toEqual([429, 200])
    expect(sink.text).toBe(server.answerFor(params.messages[0]!.content))
    expect(sink.types).not.toContain('stream_retry')
  })

  test('cancelling reaches the provider', async () => {
    const { hub } = harness()
    server.script({ pace: { tokensPerSecond: 200 } })
    const stream = await hub.start({ stream: 'chat', input: {} })
    const sink = recordingSink()
    sink.watch(stream)
    await sink.received(5)
    await hub.cancel({ streamId: stream.record.streamId })
    expect(await (await server.nextRequest()).ended).toBe('client_hung_up')
    expect(await sink.ended).toBe('ended')
    expect(sink.types.at(-1)).toBe('stream_cancelled')
  })
})
