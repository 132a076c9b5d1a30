import OpenAI, { APIConnectionError, APIError } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { chat, clientOf, contentOf, finishOf, questions, readAll, textOf } from '../../test/support.ts'
import { type FaultName, faults, type ModelServer, startModelServer, tokenize } from '../index.ts'

let server: ModelServer
beforeAll(async () => {
  server = await startModelServer({ ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY })
})
beforeEach(() => server.reset())
afterAll(() => server.close())

const question = questions.database
const beginning = (tokens: number) =>
  tokenize(server.answerFor(question))
    .slice(0, tokens)
    .map(({ text }) => text)
    .join('')

/** Asks over one of the two APIs, with what a stream and a whole answer have in common. */
interface Api {
  readonly name: string
  readonly stream: (fault: string, signal?: AbortSignal) => Promise<{ text: string; error: unknown }>
  readonly whole: (fault: string, signal?: AbortSignal) => Promise<unknown>
}

const headersOf = (fault: string) => ({ headers: { 'x-model-fault': fault } })

const apis: readonly Api[] = [
  {
    name: 'chat',
    stream: async (fault, signal) => {
      const options = { ...headersOf(fault), signal: signal ?? null }
      const request = { ...chat(question), stream: true } as const
      const { items, error } = await readAll(clientOf(server).chat.completions.create(request, options))
      return { text: contentOf(items), error }
    },
    whole: (fault, signal) =>
      clientOf(server).chat.completions.create(chat(question), {
        ...headersOf(fault),
        signal: signal ?? null,
      }),
  },
  {
    name: 'responses',
    stream: async (fault, signal) => {
      const options = { ...headersOf(fault), signal: signal ?? null }
      const request = { model: 'gpt-5-mini', input: question, stream: true } as const
      const { items, error } = await readAll(clientOf(server).responses.create(request, options))
      return { text: textOf(items), error }
    },
    whole: (fault, signal) =>
      clientOf(server).responses.create(
        { model: 'gpt-5-mini', input: question },
        { ...headersOf(fault), signal: signal ?? null },
      ),
  },
]

describe.each(apis)('over $name', ({ stream, whole }) => {
  test.each([
    ['400', OpenAI.BadRequestError, 'context_length_exceeded'],
    ['401', OpenAI.AuthenticationError, 'invalid_api_key'],
    ['403', OpenAI.PermissionDeniedError, 'unsupported_country_region_territory'],
    ['404', OpenAI.NotFoundError, 'model_not_found'],
    ['429', OpenAI.RateLimitError, 'rate_limit_exceeded'],
    ['quota', OpenAI.RateLimitError, 'insufficient_quota'],
    ['500', OpenAI.InternalServerError, null],
    ['503', OpenAI.InternalServerError, 'overloaded'],
  ] as const)('%s refuses the request', async (fault, Kind, code) => {
    const { error } = await stream(fault)
    expect(error).toBeInstanceOf(Kind)
    expect(error).toMatchObject({ code, requestID: server.requests[0]?.id })
    await expect(whole(fault)).rejects.toMatchObject({ code })
    expect(server.requests.map((request) => [request.fault, request.outcome])).toEqual([
      [fault, 'fault'],
      [fault, 'fault'],
    ])
  })

  test('stall-headers sends nothing until the client hangs up', async () => {
    const hangUp = new AbortController()
    const answer = stream('stall-headers', hangUp.signal)
    const request = await server.waitFor(({ fault }) => fault === 'stall-headers')
    hangUp.abort()
    expect((await answer).error).toBeInstanceOf(OpenAI.APIUserAbortError)
    expect(await request.ended).toBe('client_hung_up')
    expect(request).toMatchObject({ status: undefined, tokens: 0 })
  })

  test('stall-first-token sends headers and no event', async () => {
    const hangUp = new AbortController()
    const answer = stream('stall-first-token', hangUp.signal)
    const request = await server.waitFor(({ status }) => status === 200)
    hangUp.abort()
    expect((await answer).text).toBe('')
    expect(await request.ended).toBe('client_hung_up')
    expect(request.tokens).toBe(0)
  })

  test('stall goes silent in the middle, and goes on after for-ms', async () => {
    const hangUp = new AbortController()
    const silent = stream('stall; after=7', hangUp.signal)
    const request = await server.waitFor(({ tokens }) => tokens === 7)
    hangUp.abort()
    await silent
    expect(await request.ended).toBe('client_hung_up')
    expect(request).toMatchObject({ tokens: 7, text: beginning(7) })

    const { text, error } = await stream('stall; after=7; for-ms=5')
    expect({ text, error }).toEqual({ text: server.answerFor(question), error: undefined })
  })

  test('reset-headers breaks the connection off before any header', async () => {
    const { error } = await stream('reset-headers')
    expect(error).toBeInstanceOf(APIConnectionError)
    await expect(whole('reset-headers')).rejects.toBeInstanceOf(APIConnectionError)
    expect(server.requests.map(({ outcome }) => outcome)).toEqual(['fault', 'fault'])
  })

  test('reset breaks the connection off in the middle', async () => {
    const { text, error } = await stream('reset; after=20')
    expect(error).toMatchObject({ cause: { code: 'ECONNRESET' } })
    expect(text).toBe(beginning(20))
    expect(server.requests[0]).toMatchObject({ outcome: 'fault', tokens: 20, text: beginning(20) })
    await expect(whole('reset')).rejects.toBeInstanceOf(Error)
  })

  test('truncate ends in the middle without an error', async () => {
    expect(await stream('truncate; after=20')).toEqual({ text: beginning(20), error: undefined })
    expect(server.requests[0]?.outcome).toBe('fault')
    await expect(whole('truncate')).rejects.toBeInstanceOf(Error)
  })

  test('malformed is an event that is no JSON', async () => {
    const { text, error } = await stream('malformed; after=5')
    expect(error).toBeInstanceOf(SyntaxError)
    expect(text).toBe(beginning(5))
    await expect(whole('malformed')).rejects.toBeInstanceOf(Error)
  })

  test('a fault after no token leaves no text', async () => {
    expect(await stream('truncate; after=0')).toEqual({ text: '', error: undefined })
  })

  test('a fault beyond the end of the answer strikes at its end', async () => {
    const { text } = await stream('truncate; after=1000000')
    expect(text).toBe(server.answerFor(question))
    expect(server.requests[0]?.outcome).toBe('fault')
  })

  test('an answer that is not streamed comes late by a stall that ends', async () => {
    for (const fault of ['stall', 'stall-first-token', 'stall-headers']) {
      expect(JSON.stringify(await whole(`${fault}; for-ms=5`))).toContain(
        JSON.stringify(server.answerFor(question)),
      )
    }
    expect(server.requests.map(({ outcome }) => outcome)).toEqual(['fault', 'fault', 'fault'])
  })

  test('an answer that is not streamed fails with 500 by error', async () => {
    await expect(whole('error')).rejects.toBeInstanceOf(OpenAI.InternalServerError)
  })
})

describe('the end of a chat stream', () => {
  test.each(['error', 'failed'] as const)('%s is an error payload', async (fault) => {
    const { text, error } = await apis[0]!.stream(`${fault}; after=9`)
    expect(error).toBeInstanceOf(APIError)
    expect(error).toMatchObject({ type: 'server_error', status: undefined })
    expect(text).toBe(beginning(9))
  })

  test.each([
    ['length', 'length'],
    ['incomplete', 'length'],
    ['content-filter', 'content_filter'],
  ])('%s is finish_reason %s', async (fault, finish) => {
    const request = { ...chat(question, `sluice-fault-${fault}`), stream: true } as const
    const { items, error } = await readAll(clientOf(server).chat.completions.create(request))
    expect(error).toBeUndefined()
    expect(finishOf(items)).toBe(finish)
    expect(contentOf(items)).toBe(beginning(12))
    expect(server.requests[0]?.outcome).toBe('fault')
  })
})

describe('the end of a responses stream', () => {
  const events = (fault: FaultName) =>
    readAll(
      clientOf(server).responses.create({ model: `sluice-fault-${fault}`, input: question, stream: true }),
    )

  test('error is an error event', async () => {
    const { items, error } = await events('error')
    expect(error).toBeInstanceOf(APIError)
    expect(error).toMatchObject({ code: 'server_error' })
    expect(textOf(items)).toBe(beginning(12))
  })

  test('failed is response.failed', async () => {
    const { items, error } = await events('failed')
    expect(error).toBeUndefined()
    expect(items.at(-1)).toMatchObject({
      type: 'response.failed',
      response: {
        status: 'failed',
        error: { code: 'server_error', message: expect.stringContaining('server') },
      },
    })
    expect(textOf(items)).toBe(beginning(12))
  })

  test.each([
    ['length', 'max_output_tokens'],
    ['incomplete', 'max_output_tokens'],
    ['content-filter', 'content_filter'],
  ] as const)('%s is response.incomplete with %s', async (fault, reason) => {
    const { items } = await events(fault)
    expect(items.at(-1)).toMatchObject({
      type: 'response.incomplete',
      response: {
        status: 'incomplete',
        incomplete_details: { reason },
        output: [{ status: 'incomplete', content: [{ text: beginning(12) }] }],
        usage: { output_tokens: 12 },
      },
    })
  })
})

describe('the details of a fault', () => {
  const refused = async (fault: string) => {
    const error = await clientOf(server)
      .chat.completions.create(chat(question), headersOf(fault))
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(APIError)
    return (error as APIError).headers
  }

  test.each([
    ['429', '1', null, null],
    ['429; retry-after=7', '7', null, null],
    ['429; retry-after-ms=250', null, '250', null],
    ['503; retry-after=2; retry-after-ms=1500; should-retry=false', '2', '1500', 'false'],
    ['quota', null, null, null],
  ])('%s sets the headers', async (fault, after, afterMs, shouldRetry) => {
    const headers = await refused(fault)
    expect(headers?.get('retry-after')).toBe(after)
    expect(headers?.get('retry-after-ms')).toBe(afterMs)
    expect(headers?.get('x-should-retry')).toBe(shouldRetry)
  })

  test('times=2 fails twice, and the client’s own retries then succeed', async () => {
    const client = clientOf(server, { maxRetries: 2 })
    const completion = await client.chat.completions.create(
      chat(question),
      headersOf('429; times=2; retry-after-ms=1'),
    )
    expect(completion.choices[0]?.message.content).toBe(server.answerFor(question))
    expect(server.requests.map(({ status }) => status)).toEqual([429, 429, 200])
  })

  test('requests are counted by key', async () => {
    const outcome = async (fault: string) => {
      await clientOf(server)
        .chat.completions.create(chat(question), headersOf(fault))
        .catch(() => undefined)
      return server.requests.at(-1)?.status
    }
    expect(await outcome('500; times=1; key=a')).toBe(500)
    expect(await outcome('500; times=1; key=b')).toBe(500)
    expect(await outcome('503; times=1; key=a')).toBe(200)
    server.reset()
    expect(await outcome('503; times=1; key=a')).toBe(503)
  })

  test('a model’s name takes them too', async () => {
    const request = chat(question, 'sluice-fault-truncate; after=4; times=1')
    const ask = () => readAll(clientOf(server).chat.completions.create({ ...request, stream: true }))
    expect(contentOf((await ask()).items)).toBe(beginning(4))
    expect(contentOf((await ask()).items)).toBe(server.answerFor(question))
  })

  test.each(['', 'nope', '429; times=-1', '429; retries=3', 'stall; after=soon', '429; should-retry=maybe'])(
    '"%s" is refused',
    async (fault) => {
      await expect(
        clientOf(server).chat.completions.create(chat(question), headersOf(fault)),
      ).rejects.toMatchObject({ status: 400, code: 'invalid_fault' })
    },
  )

  test('every fault has a model', async () => {
    const client = clientOf(server)
    const found = await Promise.all(
      Object.keys(faults).map(async (fault) => (await client.models.retrieve(`sluice-fault-${fault}`)).id),
    )
    expect(found).toEqual(Object.keys(faults).map((fault) => `sluice-fault-${fault}`))
  })
})
