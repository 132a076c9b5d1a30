import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { complete, content, start } from '../test/events.ts'
import { ScriptedTransport } from '../test/scripted-transport.ts'
import { until } from '../test/until.ts'
import { auto, createClient, StreamingError } from './index.ts'

let ws: ScriptedTransport
let sse: ScriptedTransport
beforeEach(() => {
  vi.useFakeTimers()
  ws = new ScriptedTransport()
  sse = new ScriptedTransport()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

const lost = () => new StreamingError('connection_lost', '502')
const client = () =>
  createClient({ transport: auto({ ws, sse, rememberMs: 60_000 }), storage: null, retry: { baseMs: 0 } })

/** Starts a stream that the network lets through over SSE only. */
async function blocked(shared = client()) {
  const session = shared.start('chat', 1)
  ;(await ws.connection()).refuse(lost())
  const connection = (await sse.connection()).accept()
  await until(session, ({ state }) => state === 'streaming')
  return { shared, session, connection }
}

describe('a WebSocket that', () => {
  test('connects is used', async () => {
    const session = client().start('chat', 1)
    ;(await ws.connection()).accept().send(start(), complete(2)).drop()
    expect((await session.done).state).toBe('completed')
    expect(sse.opened).toBe(0)
  })

  test('is blocked: SSE, with the same start, and for a while SSE at once', async () => {
    const { shared, session, connection } = await blocked()
    expect(connection.request).toMatchObject({ kind: 'start', idempotencyKey: session.idempotencyKey })
    expect(session.snapshot.reconnects).toBe(0)
    connection.send(start(), complete(2)).drop()
    await session.done
    const next = shared.start('chat', 2)
    ;(await sse.connection()).accept().send(start(), complete(2)).drop()
    await next.done
    expect(ws.opened).toBe(1)
    await vi.advanceTimersByTimeAsync(60_000)
    const later = shared.start('chat', 3)
    ;(await ws.connection()).accept().send(start(), complete(2)).drop()
    await later.done
  })

  test('is blocked in mid-answer', async () => {
    const session = client().start('chat', 1)
    ;(await ws.connection()).accept().send(start(), content(2, 'a')).drop()
    await until(session, ({ waiting }) => waiting !== null)
    await vi.advanceTimersByTimeAsync(1)
    ;(await ws.connection()).refuse(lost())
    const second = await sse.connection()
    expect(second.request).toMatchObject({ kind: 'resume', lastChunkId: 2 })
    second.accept().send(complete(3)).drop()
    expect(await session.done).toMatchObject({ text: 'a', state: 'completed' })
  })

  test('is swallowed by a proxy, without a word', async () => {
    const session = client().start('chat', 1)
    const silent = await ws.connection()
    await vi.advanceTimersByTimeAsync(5_000)
    expect(silent.signal.aborted).toBe(true)
    ;(await sse.connection()).accept().send(start(), complete(2)).drop()
    expect((await session.done).state).toBe('completed')
  })

  test('is not there', async () => {
    const session = client().start('chat', 1)
    ;(await ws.connection()).refuse(new TypeError('WebSocket is not a constructor'))
    ;(await sse.connection()).accept().send(start(), complete(2)).drop()
    expect((await session.done).state).toBe('completed')
  })

  test('takes no message that long: this one over SSE', async () => {
    const shared = client()
    const session = shared.start('chat', 1)
    ;(await ws.connection()).refuse(new StreamingError('invalid_request', 'too long', { status: 413 }))
    ;(await sse.connection()).accept().send(start(), complete(2)).drop()
    await session.done
    const next = shared.start('chat', 2)
    ;(await ws.connection()).accept().send(start(), complete(2)).drop()
    expect((await next.done).state).toBe('completed')
  })

  test('fails like SSE was none that is blocked: the network is away', async () => {
    const session = client().start('chat', 1)
    ;(await ws.connection()).refuse(lost())
    ;(await sse.connection()).refuse(lost())
    await until(session, ({ waiting }) => waiting !== null)
    await vi.advanceTimersByTimeAsync(1)
    ;(await ws.connection()).accept().send(start(), complete(2)).drop()
    expect((await session.done).state).toBe('completed')
  })
})

test('what the server refuses is refused, and not asked again', async () => {
  const session = client().start('chat', 1)
  ;(await ws.connection()).refuse(new StreamingError('permission_denied'))
  expect((await session.done).error?.type).toBe('permission_denied')
  expect(sse.opened).toBe(0)
})

test('Stop uses the transport of the stream', async () => {
  const { session } = await blocked()
  const cancelled = session.cancel()
  ;(await sse.connection()).accept().send({ type: 'stream_cancelled', chunk_id: 1, reason: 'user' }).drop()
  await cancelled
  expect([ws.cancels.length, sse.cancels.length]).toEqual([0, 1])
})

test('streams over SSE keep to its connections', async () => {
  sse.limit = 1
  const { shared, session, connection } = await blocked()
  const next = shared.start('chat', 2)
  expect((await until(next, ({ waiting }) => waiting !== null)).waiting).toEqual({ for: 'turn' })
  connection.send(start(), complete(2)).drop()
  await session.done
  ;(await sse.connection()).accept().send(start(), complete(2)).drop()
  expect((await next.done).state).toBe('completed')
})

test('the next page of the tab knows it too, also if it may not', async () => {
  const items = new Map<string, string>()
  const sessionStorage = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  }
  vi.stubGlobal('window', { sessionStorage })
  const { session, connection } = await blocked()
  connection.send(start(), complete(2)).drop()
  await session.done
  const next = client().start('chat', 2)
  ;(await sse.connection()).accept().send(start(), complete(2)).drop()
  await next.done
  expect(ws.opened).toBe(1)
  vi.stubGlobal('window', {
    get sessionStorage() {
      throw new DOMException('forbidden', 'SecurityError')
    },
  })
  const other = client().start('chat', 3)
  ;(await ws.connection()).refuse(lost())
  ;(await sse.connection()).accept().send(start(), complete(2)).drop()
  expect((await other.done).state).toBe('completed')
})
