import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createClient, type SseOptions, StreamingError, sse, type WsOptions, ws } from '../src/index.ts'

// A mistake of the page ends a session at once, with its own words. Only a broken network is tried again.

const url = 'https://server.example/streams'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** How a start ends, without any time passing. */
async function end(transport: ReturnType<typeof sse>) {
  const session = createClient({ transport, storage: null }).start('chat', null)
  await vi.advanceTimersByTimeAsync(0)
  const { state, error, waiting } = session.snapshot
  session.detach()
  return { state, type: error?.type, message: error?.message, waiting: waiting?.for }
}

const overSse = (options: Partial<SseOptions>) =>
  end(sse({ url, fetch: () => new Promise(() => {}), ...options }))
const overWs = (options: Partial<WsOptions>) => end(ws({ url, ...options }))
const thrower = (error: unknown) => () => {
  throw error
}

class Socket extends EventTarget {
  constructor() {
    super()
    queueMicrotask(() => this.dispatchEvent(new Event('open')))
  }
  send(): void {}
  close(): void {}
}

describe('ends at once:', () => {
  test.each([
    ['`headers` that throws', { headers: thrower(new Error('no user')) }, 'no user'],
    ['`headers` that rejects', { headers: () => Promise.reject(new Error('no user')) }, 'no user'],
    ['`headers` with a defect', { headers: () => (undefined as never as { a: Headers }).a }, /undefined/],
    ['a header that is no Latin-1', { headers: { 'x-name': 'Łukasz' } }, /./],
    ['a header whose name is none', { headers: { 'x name': '1' } }, /./],
    ['a `fetch` without `body`', { fetch: async () => bodiless }, /`response\.body`/],
  ] as const)('%s', async (_, options, message) => {
    expect(await overSse(options as Partial<SseOptions>)).toMatchObject({
      state: 'error',
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    })
  })

  test.each([
    ['`init` that throws', { init: thrower(new Error('no user')), WebSocket: Socket }, 'no user'],
    ['a subprotocol with a space', { protocols: ['a b'] }, /./],
    ['no WebSocket', { WebSocket: 7 }, /constructor/],
  ] as const)('%s', async (_, options, message) => {
    expect(await overWs(options as never)).toMatchObject({
      state: 'error',
      type: 'invalid_request',
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    })
  })
})

/** As in React Native. */
const bodiless = Object.defineProperty(
  new Response('', { headers: { 'content-type': 'text/event-stream' } }),
  'body',
  { value: undefined },
)

describe('is tried again:', () => {
  test.each([
    ['a token server that cannot be reached', new TypeError('Failed to fetch')],
    ['a token request that took too long', new DOMException('late', 'TimeoutError')],
    ['a token that is not there yet', new StreamingError('connection_lost', 'No token yet.')],
  ])('%s', async (_, thrown) => {
    expect(await overSse({ headers: thrower(thrown) })).toMatchObject({
      state: 'connecting',
      waiting: 'retry',
    })
    const init = thrower(thrown)
    expect(await overWs({ init, WebSocket: Socket as never })).toMatchObject({ waiting: 'retry' })
  })

  test('a `fetch` that rejects with whatever it has', async () => {
    const fetch = () => Promise.reject(new TypeError('NetworkError when attempting to fetch resource.'))
    expect(await overSse({ fetch })).toMatchObject({ state: 'connecting', waiting: 'retry' })
  })
})

test('an AbortSignal without `reason` and `throwIfAborted`, as in older browsers, is enough', async () => {
  class OldController {
    readonly signal = new EventTarget() as AbortSignal & { aborted: boolean }
    constructor() {
      Object.defineProperty(this.signal, 'aborted', { value: false, writable: true })
    }
    abort(): void {
      if (this.signal.aborted) return
      ;(this.signal as { aborted: boolean }).aborted = true
      this.signal.dispatchEvent(new Event('abort'))
    }
  }
  vi.stubGlobal('AbortController', OldController)
  const body = 'data: {"type":"stream_start","chunk_id":1,"stream_id":"s","stream":"chat","created_at":0}\n\n'
  const headers = { 'content-type': 'text/event-stream' }
  let count = 0
  const fetch = async () =>
    new Response(count++ === 0 ? body : `data: {"type":"stream_cancelled","chunk_id":2,"reason":"x"}\n\n`, {
      headers,
    })
  const session = createClient({ transport: sse({ url, fetch }), retry: { baseMs: 0 } }).start('chat', null)
  await vi.advanceTimersByTimeAsync(10)
  expect(await session.done).toMatchObject({ state: 'cancelled', reconnects: 1 })
})
