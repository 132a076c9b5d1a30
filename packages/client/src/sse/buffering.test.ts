import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createClient, type Notice, sse } from '../index.ts'

// A proxy that buffers everything: nothing of a stream comes before its end, though the server can be reached.

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

const body = [
  '{"type":"stream_start","chunk_id":1,"stream_id":"s","stream":"chat","created_at":0}',
  '{"type":"content_chunk","chunk_id":2,"content":"all at once"}',
  '{"type":"stream_complete","chunk_id":3,"finish_reason":"stop","total_chunks":1,"ttft_ms":1,"duration_ms":1}',
]

/** A server behind such a proxy. `gateway` answers what is not a stream. */
function behindProxy(gateway: () => Promise<Response>, isHeaderHeld: boolean) {
  let opened = 0
  const finished = Promise.withResolvers<void>()
  const fetch = async (url: string | URL | Request, init?: RequestInit) => {
    if (String(url).endsWith('/-')) return gateway()
    opened += 1
    const stream = new ReadableStream({
      async start(controller) {
        init?.signal?.addEventListener('abort', () => controller.error(init.signal?.reason))
        await finished.promise
        controller.enqueue(new TextEncoder().encode(body.map((data) => `data: ${data}\n\n`).join('')))
        controller.close()
      },
    })
    if (isHeaderHeld) {
      await new Promise<void>((resolve, reject) => {
        void finished.promise.then(resolve)
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason))
      })
    }
    return new Response(stream, { headers: { 'content-type': 'text/event-stream', 'stream-id': 's' } })
  }
  const client = createClient({ transport: sse({ url: 'https://server.example', fetch }), storage: null })
  const notices: Notice[] = []
  const session = client.start('chat', null)
  session.watch((notice) => notices.push(notice))
  return { session, notices, finish: finished.resolve, opened: () => opened }
}

test.each([
  ['the body', false],
  ['the whole response', true],
])('%s: the session waits for as long as the answer takes, and says why', async (_, isHeaderHeld) => {
  const { session, notices, finish, opened } = behindProxy(
    async () => Response.json({ error_type: 'not_found' }, { status: 404 }),
    isHeaderHeld,
  )
  await vi.advanceTimersByTimeAsync(15 * 60_000)
  expect(session.state).toBe(isHeaderHeld ? 'connecting' : 'streaming')
  expect(notices.filter(({ type }) => type !== 'state')).toEqual([{ type: 'buffered' }])
  finish()
  await vi.advanceTimersByTimeAsync(0)
  expect(await session.done).toMatchObject({ state: 'completed', text: 'all at once' })
  expect(opened()).toBe(1)
})

test.each([
  ['a gateway that says that the server is away', async () => new Response('', { status: 502 })],
  ['a server that cannot be reached', () => Promise.reject(new TypeError('Failed to fetch'))],
])('%s is silence, as ever', async (_, gateway) => {
  const { session, notices, opened } = behindProxy(gateway, false)
  await vi.advanceTimersByTimeAsync(15 * 60_000)
  expect((await session.done).error).toMatchObject({ type: 'connection_lost' })
  expect(notices.map(({ type }) => type)).not.toContain('buffered')
  expect(opened()).toBeGreaterThan(2)
})
