import type { StreamEvent } from '@sluice/core'
import { expect, test, vi } from 'vitest'
import { createClient, ws } from '../src/index.ts'
import { complete, content, start } from './events.ts'
import { attached, client, FakeSocket, finish, scriptedSockets, tick } from './fake-socket.ts'

scriptedSockets()

const batch = (...chunks: StreamEvent[]) => ({ type: 'chunk_batch', stream_id: 'stream-1', chunks })

test('one socket for all sessions, opened when one is needed, closed when none has been for a while', async () => {
  const shared = client({ idleMs: 100 })
  expect(FakeSocket.all).toEqual([])
  const sessions = [shared.start('chat', 1), shared.start('chat', 2)]
  await tick()
  expect(FakeSocket.all).toHaveLength(1)
  const [socket] = FakeSocket.all as [FakeSocket]
  expect(socket.url).toBe('ws://server.example/streams/ws')
  expect(socket.protocols).toEqual(['sluice.v1'])
  expect(socket.sent).toEqual([])
  socket.open()
  await tick()
  const requests = socket.of('stream_request')
  expect(requests.map(({ input, stream }) => [stream, input])).toEqual([
    ['chat', 1],
    ['chat', 2],
  ])
  for (const [index, request] of requests.entries()) {
    const id = `stream-${index + 1}`
    // As `ws` does it: one behind the other, in one turn.
    socket.attach(request, { stream_id: id })
    socket.say(
      { ...start(id), stream_id: id },
      { ...content(2, id), stream_id: id },
      { ...complete(3), stream_id: id },
    )
  }
  const ends = await Promise.all(sessions.map(({ done }) => done))
  expect(ends.map(({ text, state }) => [text, state])).toEqual([
    ['stream-1', 'completed'],
    ['stream-2', 'completed'],
  ])
  expect(socket.of('detach_stream')).toEqual([])
  await vi.advanceTimersByTimeAsync(90)
  expect(socket.isClosed).toBe(false)
  await vi.advanceTimersByTimeAsync(20)
  expect(socket.isClosed).toBe(true)
})

test('acks say what was processed, not what came; at half the window at once', async () => {
  const { session, socket } = await attached()
  const window = socket.of('stream_request')[0]!.window as number
  const events = session[Symbol.asyncIterator]()
  const first = events.next()
  socket.say(batch(start(), ...Array.from({ length: window - 1 }, (_, index) => content(index + 2, 'x'))))
  await first
  await vi.advanceTimersByTimeAsync(200)
  expect(socket.of('chunk_ack')).toEqual([])
  for (let taken = 1; taken <= window / 2; taken++) await events.next()
  const acks = socket.of('chunk_ack')
  expect(acks.length).toBeGreaterThan(0)
  for (const ack of acks) expect(ack.limit as number).toBeGreaterThan(window)
  expect(Math.max(...acks.map(({ chunk_id }) => chunk_id as number))).toBeLessThanOrEqual(window / 2)
  session.detach()
  await tick()
  expect(socket.of('detach_stream')).toMatchObject([{ stream_id: 'stream-1' }])
  await finish(socket)
})

test('a start that was given up before its answer is detached when that comes', async () => {
  const session = client().start('chat', 1)
  await tick()
  const [socket] = FakeSocket.all as [FakeSocket]
  socket.open()
  await tick()
  session.detach()
  await tick()
  expect(socket.of('detach_stream')).toEqual([])
  socket.attach(socket.of('stream_request')[0]!)
  await tick()
  expect(socket.of('detach_stream')).toMatchObject([{ stream_id: 'stream-1' }])
  await finish(socket)
})

test('a stream that the server disconnects is resumed after the wait that it named', async () => {
  const { session, socket } = await attached()
  socket.say(batch(start(), content(2, 'so far')))
  await tick()
  socket.say({ type: 'stream_detached', stream_id: 'stream-1', reason: 'stalled', retry_after: 0.5 })
  await vi.advanceTimersByTimeAsync(400)
  expect(socket.of('resume_stream')).toEqual([])
  await vi.advanceTimersByTimeAsync(200)
  const [request] = socket.of('resume_stream')
  expect(request).toMatchObject({ stream_id: 'stream-1', last_chunk_id: 2 })
  socket.attach(request!)
  socket.say({ ...complete(3), stream_id: 'stream-1' })
  expect(await session.done).toMatchObject({ state: 'completed', text: 'so far', reconnects: 1 })
  await finish(socket)
})

test('two sessions of one stream are on two sockets, since one replaces the other on the same', async () => {
  const shared = client()
  const sessions = [shared.attach('chat', 'stream-1'), shared.attach('chat', 'stream-1')]
  await tick()
  const [first] = FakeSocket.all as [FakeSocket]
  first.open()
  await tick()
  first.attach(first.of('resume_stream')[0]!)
  first.attach(first.of('resume_stream')[1]!)
  await vi.advanceTimersByTimeAsync(5)
  expect(FakeSocket.all).toHaveLength(2)
  const second = FakeSocket.all[1]!.open()
  await tick()
  second.attach(second.of('resume_stream')[0]!)
  for (const socket of [first, second]) socket.say(batch(start(), content(2, 'x'), complete(3)))
  expect((await Promise.all(sessions.map(({ done }) => done))).map(({ text }) => text)).toEqual(['x', 'x'])
  await Promise.all([first, second].map(finish))
})

test('a ping is answered, and is a sign of life; silence is asked about, then it is dead', async () => {
  const { session, socket } = await attached()
  for (let pings = 0; pings < 60; pings++) {
    await vi.advanceTimersByTimeAsync(1_000)
    socket.say({ type: 'ping' })
  }
  expect(socket.of('pong')).toHaveLength(60)
  expect(session.snapshot.reconnects).toBe(0)
  await vi.advanceTimersByTimeAsync(1_400)
  expect(socket.of('ping')).toHaveLength(0)
  await vi.advanceTimersByTimeAsync(100)
  expect(socket.of('ping')).toHaveLength(1)
  expect(socket.isClosed).toBe(false)
  await vi.advanceTimersByTimeAsync(500)
  expect(socket.isClosed).toBe(true)
  expect(FakeSocket.all).toHaveLength(2)
  session.detach()
  FakeSocket.all[1]!.closeWith(1006)
  await tick()
})

test('a connection that was given up because it was silent is not used for the next try', async () => {
  const session = createClient({
    transport: ws({ url: 'http://server.example/streams/ws', WebSocket: FakeSocket as never }),
    retry: { baseMs: 0 },
    startMs: 1_000,
  }).start('chat', null)
  await tick()
  // It never opens: nobody answers.
  const [first] = FakeSocket.all
  await vi.advanceTimersByTimeAsync(1_001)
  const second = FakeSocket.all[1]!.open()
  await tick()
  second.attach(second.of('stream_request')[0]!)
  second.say(batch(start(), complete(2)))
  expect((await session.done).state).toBe('completed')
  await Promise.all([first!, second].map(finish))
})

test('init is asked afresh for each connection, and once more when it is refused', async () => {
  const init = vi.fn(async ({ unauthorized }: { unauthorized: boolean }) => ({
    token: unauthorized ? 'new' : 'old',
  }))
  const session = client({ init, protocols: ['extra'] }).start('chat', 1)
  await tick()
  const [first] = FakeSocket.all as [FakeSocket]
  expect(first.protocols).toEqual(['sluice.v1', 'extra'])
  first.emit('open')
  await tick()
  expect(first.sent).toMatchObject([
    { type: 'connection_init', payload: { token: 'old' } },
    { type: 'stream_request' },
  ])
  first.closeWith(4501)
  await tick()
  const second = FakeSocket.all[1]!.open()
  await tick()
  expect(second.sent).toMatchObject([{ payload: { token: 'new' } }, { type: 'stream_request' }])
  second.attach(second.of('stream_request')[0]!)
  await tick()
  // Established once, it was good: that it has expired is no reason to give up.
  second.closeWith(4501)
  await vi.advanceTimersByTimeAsync(5)
  const third = FakeSocket.all[2]!
  third.emit('open')
  await tick()
  third.closeWith(4501)
  await tick()
  FakeSocket.all[3]!.emit('open')
  await tick()
  FakeSocket.all[3]!.closeWith(4501)
  expect((await session.done).error).toMatchObject({ type: 'authentication' })
  expect(init.mock.calls.map(([{ unauthorized }]) => unauthorized)).toEqual([false, true, false, true])
})

test('a server that sends what is no message is left for good; what it does not know is ignored', async () => {
  const { session, socket } = await attached()
  socket.say({ type: 'from_the_future' }, { type: 'request_error', stream_id: 'stream-1', error_type: 'x' })
  await tick()
  expect(session.state).toBe('streaming')
  socket.emit('message', { data: '<html>' })
  expect((await session.done).error).toMatchObject({ type: 'protocol_error' })
})

test('a URL that is none is told at once', async () => {
  expect((await client({ url: '/streams/ws' }).start('chat', 1).done).error).toMatchObject({
    type: 'invalid_request',
    message: /absolute/,
  })
})

test('when the network is back, a connection that lived through its absence is left', async () => {
  const listeners = new Map<string, Set<(event: { type: string }) => void>>()
  vi.stubGlobal('addEventListener', (type: string, listener: never) => {
    listeners.set(type, (listeners.get(type) ?? new Set()).add(listener))
  })
  vi.stubGlobal('removeEventListener', (type: string, listener: never) =>
    listeners.get(type)?.delete(listener),
  )
  const emit = (type: string) => {
    for (const listener of [...(listeners.get(type) ?? [])]) listener({ type })
  }
  const { session, socket } = await attached()
  emit('offline')
  expect(socket.isClosed).toBe(false)
  emit('online')
  await tick()
  expect(socket.isClosed).toBe(true)
  expect(FakeSocket.all).toHaveLength(2)
  session.detach()
  FakeSocket.all[1]!.closeWith(1006)
  await tick()
  expect([...listeners.values()].map(({ size }) => size)).toEqual([0, 0])
})
