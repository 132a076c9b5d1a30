import { getEventListeners } from 'node:events'
import { type ModelServer, startModelServer } from '@sluice/model-server'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { RetryPolicy } from '../backoff.ts'
import { StreamingError } from '../errors.ts'
import { ProviderResponse, type ProviderResponseOptions } from './provider-response.ts'

let server: ModelServer
beforeAll(async () => {
  server = await startModelServer({ ttftMs: 0, tokensPerSecond: 200 })
})
beforeEach(() => server.reset())
afterAll(() => server.close())

type Fetch = typeof fetch
type Event = OpenAI.Responses.ResponseStreamEvent

const params = { model: 'gpt-5-mini', input: 'x', background: true }
const clientOf = (baseURL: string, how?: Fetch) =>
  new OpenAI({ apiKey: 'test', baseURL, logLevel: 'off', ...(how && { fetch: how }) })
const cancels = () => server.requests.filter(({ path }) => path.endsWith('/cancel'))

interface Reading extends Omit<ProviderResponseOptions, 'params'> {
  readonly params?: object
  /** Told of each event, with their number so far. */
  readonly onEvent?: (count: number) => void
}

async function read({ onEvent, ...options }: Reading) {
  const events: Event[] = []
  try {
    for await (const event of new ProviderResponse({ params, ...options }).events()) {
      if (event === undefined) continue
      events.push(event as unknown as Event)
      onEvent?.(events.length)
    }
    return { events, error: undefined }
  } catch (error) {
    return { events, error }
  }
}

/** Tells how many timers of one length there were from now on, and how many of them were never cleared. */
function watchTimers(): (delayMs: number) => { readonly set: number; readonly left: number } {
  const set = vi.spyOn(globalThis, 'setTimeout')
  const clear = vi.spyOn(globalThis, 'clearTimeout')
  return (delayMs) => {
    const timers = set.mock.results.filter((_, index) => set.mock.calls[index]?.[1] === delayMs)
    const cleared = new Set(clear.mock.calls.map(([timer]) => timer))
    return { set: timers.length, left: timers.filter(({ value }) => !cleared.has(value)).length }
  }
}

describe('when nobody wants it any more', () => {
  const closed = { type: 'connection_closed', cause: 'enough' }

  test('it is cancelled at the provider, and nothing is left', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const onEvent = (count: number) => {
      if (count === 1) expect(getEventListeners(signal, 'abort')).toHaveLength(1)
      if (count === 8) setImmediate(() => controller.abort('enough'))
    }
    const { events, error } = await read({ client: clientOf(server.baseURL), signal, onEvent })
    expect(error).toMatchObject(closed)
    expect(events.length).toBeGreaterThanOrEqual(8)
    expect(cancels()).toMatchObject([{ status: 200 }])
    await server.requests[0]!.ended
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    const created = events[0] as OpenAI.Responses.ResponseCreatedEvent
    const response = await clientOf(server.baseURL).responses.retrieve(created.response.id)
    expect(response.status).toBe('cancelled')
  })

  test('and its reader leaves, it is cancelled too', async () => {
    const response = new ProviderResponse({ client: clientOf(server.baseURL), params })
    for await (const event of response.events()) if (event?.type === 'response.output_text.delta') break
    expect(cancels()).toHaveLength(1)
  })

  test('while it waits for its next try, it waits no longer', async () => {
    server.fail('truncate', { afterTokens: 3 })
    const controller = new AbortController()
    const { signal } = controller
    const reading = read({ client: clientOf(server.baseURL), signal, resume: { floorMs: 10_000 } })
    const request = await server.waitFor(({ fault }) => fault === 'truncate')
    await request.ended
    setTimeout(() => controller.abort('enough'), 50)
    expect((await reading).error).toMatchObject(closed)
    expect(cancels()).toHaveLength(1)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  test('before its id is known, the id is waited for', async () => {
    server.fail('stall-headers', { stallMs: 100 })
    const controller = new AbortController()
    const timers = watchTimers()
    const reading = read({
      client: clientOf(server.baseURL),
      signal: controller.signal,
      cancelTimeoutMs: 4321,
    })
    await server.waitFor(({ fault }) => fault === 'stall-headers')
    controller.abort('enough')
    const { events, error } = await reading
    expect(timers(4321)).toEqual({ set: 2, left: 0 })
    expect({ events, error }).toMatchObject({ events: [], error: closed })
    expect(cancels()).toMatchObject([{ status: 200 }])
  })

  test('but not for ever', async () => {
    server.fail('stall-headers')
    const controller = new AbortController()
    const { signal } = controller
    const reading = read({ client: clientOf(server.baseURL), signal, cancelTimeoutMs: 50 })
    const request = await server.waitFor(({ fault }) => fault === 'stall-headers')
    controller.abort('enough')
    expect((await reading).error).toMatchObject(closed)
    expect(await request.ended).toBe('client_hung_up')
    expect(cancels()).toHaveLength(0)
  })

  test('before it was asked for, it is not', async () => {
    const { error } = await read({ client: clientOf(server.baseURL), signal: AbortSignal.abort('enough') })
    expect(error).toMatchObject(closed)
    expect(server.requests).toHaveLength(0)
  })

  test('a response that is not in the background is only hung up on', async () => {
    const controller = new AbortController()
    const reading = read({
      client: clientOf(server.baseURL),
      params: { ...params, background: false },
      signal: controller.signal,
    })
    const request = await server.waitFor(({ tokens }) => tokens >= 1)
    controller.abort('enough')
    expect((await reading).error).toMatchObject(closed)
    expect(await request.ended).toBe('client_hung_up')
    expect(cancels()).toHaveLength(0)
  })
})

describe('what only an odd server says', () => {
  const response = { id: 'resp_1' }
  const created = { type: 'response.created', sequence_number: 0, response }
  const completed = (sequence_number: number) => ({ type: 'response.completed', sequence_number, response })
  const delta = (sequence_number: number) => ({
    type: 'response.output_text.delta',
    sequence_number,
    delta: `${sequence_number} `,
  })

  /** Answers one request after the other with these events; what there is nothing for is a 404. */
  async function readOf(
    connections: readonly (readonly (object | string)[])[],
    more: object = {},
    resume: Partial<RetryPolicy> = { baseMs: 1, maxRetries: 3 },
  ) {
    const waiting = [...connections]
    const requests: string[] = []
    const client = clientOf('http://provider/v1', async (url, init) => {
      requests.push(`${init?.method?.toUpperCase()} ${String(url).slice('http://provider/v1'.length)}`)
      const events = String(url).endsWith('/cancel') ? undefined : waiting.shift()
      if (events === undefined) return new Response('{"error":{}}', { status: 404 })
      return new Response(
        events
          .map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`)
          .join(''),
      )
    })
    const { events, error } = await read({ client, resume, params: { ...params, ...more } })
    const numbers = events.map(({ sequence_number }) => sequence_number)
    return { numbers, error, requests }
  }

  test('it repeats what is known: that is left out', async () => {
    const timers = watchTimers()
    const { numbers, error } = await readOf([
      [created, delta(1), delta(2)],
      [delta(1), delta(2), delta(3)],
      [created, delta(1), delta(2), delta(3), completed(4)],
    ])
    expect(timers(1000)).toEqual({ set: 1, left: 0 })
    expect({ numbers, error }).toEqual({ numbers: [0, 1, 2, 3, 4], error: undefined })
  })

  test('it cannot resume after the last event: nothing is spliced', async () => {
    const { numbers, error, requests } = await readOf([
      [created, delta(1)],
      [delta(3), completed(4)],
    ])
    expect(numbers).toEqual([0, 1])
    expect(error).toMatchObject({ type: 'connection_lost' })
    expect(requests).toEqual([
      'POST /responses',
      'GET /responses/resp_1?stream=true&starting_after=1',
      'POST /responses/resp_1/cancel',
    ])
  })

  test('it breaks off anew: that is what is thrown, not the break before', async () => {
    const { numbers, error } = await readOf([
      [created, delta(1)],
      [delta(2), '{"type":"resp'],
    ])
    expect(numbers).toEqual([0, 1, 2])
    expect(error).toMatchObject({ type: 'api_error', cause: expect.any(SyntaxError) })
  })

  test('it breaks off more often than there are tries: those that worked for a while do not count', async () => {
    const connections = [[created], [delta(1)], [delta(2)], [completed(3)]]
    const policy = { baseMs: 1, maxRetries: 1 }
    const { error } = await readOf(connections, {}, { ...policy, stableMs: 0 })
    expect(error).toBeUndefined()
    expect(await readOf(connections, {}, policy)).toMatchObject({ numbers: [0, 1] })
  })

  test('the number of a keepalive is not the place to go on from', async () => {
    const keepalive = (sequence_number: number) => ({ type: 'keepalive', sequence_number })
    const { numbers, error, requests } = await readOf([
      [created, delta(1), keepalive(2)],
      [keepalive(2), delta(3)],
      [keepalive(4), delta(4), completed(5)],
    ])
    expect({ numbers, error }).toEqual({ numbers: [0, 1, 3, 4, 5], error: undefined })
    expect(requests.map((request) => request.split('starting_after=')[1])).toEqual([undefined, '1', '3'])
  })

  test('what follows the terminal event is not heard', async () => {
    const { numbers, error } = await readOf([[created, completed(1), delta(2), { error: { code: 'late' } }]])
    expect({ numbers, error }).toEqual({ numbers: [0, 1], error: undefined })
  })

  test('an error in the middle is the provider’s word; whether it still runs nobody knows', async () => {
    const { error, requests } = await readOf([[created, { error: { code: 'server_error' } }]])
    expect(error).toMatchObject({ type: 'api_error' })
    expect(requests).toEqual(['POST /responses', 'POST /responses/resp_1/cancel'])
  })

  test('what is not stored cannot be resumed', async () => {
    const { error, requests } = await readOf([[created, delta(1)]], { store: false })
    expect(error).toMatchObject({ type: 'connection_lost' })
    expect(requests).toEqual(['POST /responses', 'POST /responses/resp_1/cancel'])
  })

  test('the wish for obfuscation holds for each connection', async () => {
    const wish = { stream_options: { include_obfuscation: false } }
    const { requests } = await readOf([[created], [completed(1)]], wish)
    expect(requests[1]).toContain('&include_obfuscation=false')
  })

  test('events without numbers are passed on, and cannot be resumed', async () => {
    const bare = { type: 'response.output_text.delta', delta: 'x' }
    const { numbers, error } = await readOf([[{ type: 'response.created', response }, bare, bare]])
    expect(numbers).toHaveLength(3)
    expect(error).toMatchObject({ type: 'connection_lost' })
  })
})

describe('when the process that asked for it is gone', () => {
  test('another reads it from its beginning, and it is generated once', async () => {
    const controller = new AbortController()
    const saved: string[] = []
    const saveCheckpoint = (id: string) => saved.push(id)
    const onEvent = (count: number) => {
      if (count === 8) setImmediate(() => controller.abort(new StreamingError('producer_lost')))
    }
    const client = clientOf(server.baseURL)
    const before = await read({ client, signal: controller.signal, saveCheckpoint, onEvent })
    expect(before.error).toMatchObject({ type: 'connection_closed' })
    expect(saved).toHaveLength(1)
    const after = await read({ client, checkpoint: saved[0], saveCheckpoint })
    expect(after.error).toBeUndefined()
    expect(after.events.slice(0, before.events.length)).toEqual(before.events)
    expect(after.events.at(-1)?.type).toBe('response.completed')
    expect(server.requests.filter(({ method }) => method === 'POST')).toHaveLength(1)
    expect(saved).toHaveLength(1)
  })

  test('and it cannot be read any more, it is asked for anew', async () => {
    const { events, error } = await read({ client: clientOf(server.baseURL), checkpoint: 'resp_gone' })
    expect(error).toBeUndefined()
    expect(events.at(-1)?.type).toBe('response.completed')
    expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'POST'])
  })

  test('but nobody follows it, it is cancelled', async () => {
    const controller = new AbortController()
    const onEvent = (count: number) => {
      if (count === 8) setImmediate(() => controller.abort(new StreamingError('producer_lost')))
    }
    await read({ client: clientOf(server.baseURL), signal: controller.signal, onEvent })
    expect(cancels()).toHaveLength(1)
  })
})

test('a body that does not end after the terminal event is not waited for', async () => {
  const hangUp = vi.fn()
  const client = clientOf('http://provider/v1', async (_url, init) => {
    const text = 'data: {"type":"response.completed","sequence_number":0,"response":{"id":"resp_1"}}\n\n'
    init?.signal?.addEventListener('abort', hangUp)
    return new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(text))
          // As `fetch` does it: an abort fails the body, too.
          init?.signal?.addEventListener('abort', () => controller.error(init.signal?.reason))
        },
      }),
    )
  })
  const { events, error } = await read({ client })
  expect(error).toBeUndefined()
  expect(events).toHaveLength(1)
  expect(hangUp).toHaveBeenCalledOnce()
})

test('what was whole before anybody could stop it is no error', async () => {
  const controller = new AbortController()
  const client = clientOf('http://provider/v1', async () => {
    controller.abort('enough')
    return new Response(
      'data: {"type":"response.completed","sequence_number":0,"response":{"id":"resp_1"}}\n\n',
    )
  })
  const { events, error } = await read({ client, signal: controller.signal })
  expect({ types: events.map(({ type }) => type), error }).toEqual({
    types: ['response.completed'],
    error: undefined,
  })
})
