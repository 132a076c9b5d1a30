import { data, type Part, type StreamState, type Usage } from '@sluice/core'
import { describe, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import {
  createClient,
  type Delta,
  type Notice,
  type SessionStats,
  type Snapshot,
  type StreamingError,
  sse,
  ws,
} from '../src/index.ts'

const streams = {
  chat: {
    input: z.object({ messages: z.array(z.string()), model: z.string().default('small') }),
    async *run() {
      yield 'text'
      yield data('forecast', { city: 'Lyon', celsius: 21 })
    },
  },
  plain: {
    input: z.string(),
    async *run(): AsyncGenerator<Part> {
      yield 'text'
    },
  },
}

const client = createClient<typeof streams>({ transport: sse({ url: 'https://example.org/streams' }) })

// Nothing here runs: `tsc -p tsconfig.test.json` is the test.
describe('types', () => {
  test('the input is the server’s, before its schema has filled in defaults', () => {
    client.start('chat', { messages: ['hello'] })
    client.start('chat', { messages: [], model: 'large' }, { idempotencyKey: 'k' })
    client.start('plain', 'hello')
    // @ts-expect-error a number is no message
    client.start('chat', { messages: [1] })
    // @ts-expect-error messages are missing
    client.start('chat', {})
    // @ts-expect-error no such stream
    client.start('chatt', { messages: [] })
    // @ts-expect-error no such stream
    client.attach('chatt', 'id')
  })

  test('events, the application’s own data parts too', async () => {
    for await (const event of client.start('chat', { messages: [] })) {
      if (event.type === 'content_chunk') expectTypeOf(event.content).toEqualTypeOf<string>()
      if (event.type === 'stream_complete') expectTypeOf(event.usage).toEqualTypeOf<Usage | undefined>()
      if (event.type !== 'data_chunk') continue
      expectTypeOf(event.name).toEqualTypeOf<'forecast'>()
      expectTypeOf(event.data).toEqualTypeOf<{ city: string; celsius: number }>()
    }
  })

  test('an attached session is the same', async () => {
    const session = client.attach('chat', 'id', { lastChunkId: 3, text: 'so far' })
    expectTypeOf(session).toEqualTypeOf(client.start('chat', { messages: [] }))
    client.attach('chat', 'id', session.snapshot)
    client.attach('chat', 'id', { signal: new AbortController().signal })
    // @ts-expect-error a cursor without its text would give half an answer
    client.attach('chat', 'id', { lastChunkId: 3 })
  })

  test('the session', async () => {
    const session = client.start('plain', '')
    expectTypeOf(session.state).toEqualTypeOf<StreamState>()
    expectTypeOf(session.snapshot.error).toEqualTypeOf<StreamingError | null>()
    expectTypeOf(session.done).toEqualTypeOf<Promise<Snapshot>>()
    for await (const text of session.text()) expectTypeOf(text).toEqualTypeOf<string>()
    for await (const delta of session.deltas()) expectTypeOf(delta).toEqualTypeOf<Delta>()
    // @ts-expect-error it is the session's
    session.snapshot.text = ''
  })

  test('what is remembered', () => {
    const session = client.resume('chat')
    expectTypeOf(session).toEqualTypeOf<ReturnType<typeof client.attach<'chat'>> | undefined>()
    client.resume('chat', { rememberAs: 'sidebar', signal: new AbortController().signal })
    client.start('plain', '', { rememberAs: false })
    client.attach('plain', 'id', { rememberAs: 'sidebar', lastChunkId: 1, text: '' })
    client.forget('sidebar')
    // @ts-expect-error no such stream
    client.resume('chatt')
    createClient({ transport: sse({ url: '/' }), storage: localStorage })
    createClient({ transport: sse({ url: '/' }), storage: null })
    // @ts-expect-error it cannot forget
    createClient({ transport: sse({ url: '/' }), storage: { getItem: () => null, setItem() {} } })
  })

  test('figures and notices', () => {
    const session = client.start('plain', '')
    expectTypeOf(session.stats).toEqualTypeOf<SessionStats>()
    expectTypeOf(session.stats.window).toEqualTypeOf<number | null>()
    session.watch((notice) => {
      expectTypeOf(notice).toEqualTypeOf<Notice>()
      if (notice.type === 'retry') expectTypeOf(notice.delayMs).toEqualTypeOf<number>()
      if (notice.type === 'given_up') expectTypeOf(notice.error).toEqualTypeOf<StreamingError>()
      // @ts-expect-error only a gap has it
      notice.chunkId
    })
  })

  test('the browser’s WebSocket, and another that is handed over', () => {
    ws({ url: '/streams/ws', WebSocket })
    class Deaf {
      send() {}
      close() {}
    }
    // @ts-expect-error it cannot be listened to
    ws({ url: '/streams/ws', WebSocket: Deaf })
  })

  test('without the server’s types, anything goes', () => {
    const untyped = createClient({ transport: sse({ url: '/streams' }) })
    untyped.start('anything', { at: 'all' })
    expectTypeOf(untyped.attach('anything', 'id')).toExtend<AsyncIterable<{ type: string }>>()
  })
})
