import { getEventListeners } from 'node:events'
import { StreamingError } from '@sluice/core'
import { describe, expect, test, vi } from 'vitest'
import { complete, content, log, start } from '../../test/events.ts'
import { scripted } from '../../test/scripted-transport.ts'
import { until } from '../../test/until.ts'

const { transport, client, tick } = scripted()

describe('a stream', () => {
  test('from its start to its end, in events', async () => {
    const session = client().start('chat', { question: 'why?' })
    expect(session.state).toBe('idle')
    const events = Array.fromAsync(session)
    const connection = await transport.connection()
    expect(connection.request).toEqual({
      kind: 'start',
      name: 'chat',
      input: '{"question":"why?"}',
      idempotencyKey: session.idempotencyKey,
    })
    expect(session.state).toBe('connecting')
    connection.accept().send(...log('one ', 'two'))
    expect(await events).toEqual(log('one ', 'two'))
    connection.drop()
    expect(await session.done).toMatchObject({
      state: 'completed',
      ended: true,
      text: 'one two',
      streamId: 'stream-1',
      finishReason: 'stop',
      usage: { total_tokens: 3 },
      lastChunkId: 4,
      reconnects: 0,
    })
    expect(connection.signal.aborted).toBe(true)
  })

  test('its id is known as soon as the server answers, and by the first event if the answer hid it', async () => {
    const session = client().start('chat', null)
    const connection = await transport.connection()
    connection.accept('from-header')
    expect((await until(session, ({ streamId }) => streamId !== null)).streamId).toBe('from-header')
    session.detach()

    const hidden = client().start('chat', null)
    ;(await transport.connection()).accept(null).send(start('from-event'))
    expect((await until(hidden, ({ streamId }) => streamId !== null)).streamId).toBe('from-event')
    hidden.detach()
  })

  test('that ends in an error: the loops throw it, `done` does not', async () => {
    const session = client().start('chat', null)
    const events = session[Symbol.asyncIterator]()
    const text = Array.fromAsync(session.text())
    text.catch(() => {})
    const connection = await transport.connection()
    const error = {
      type: 'stream_error',
      chunk_id: 2,
      error_type: 'rate_limit',
      message: 'Slowly.',
      recoverable: true,
      retry_after: 2,
    }
    connection.accept().send(start(), error).drop()
    await expect(text).rejects.toMatchObject({ type: 'rate_limit', retryAfterMs: 2_000 })
    expect((await events.next()).value).toEqual(start())
    expect((await events.next()).value).toEqual(error)
    await expect(events.next()).rejects.toBeInstanceOf(StreamingError)
    const last = await session.done
    expect(last).toMatchObject({ state: 'error', error: { type: 'rate_limit', message: 'Slowly.' } })
    expect(transport.opened).toBe(1)
  })

  test('that somebody else cancelled ends quietly', async () => {
    const session = client().start('chat', null)
    const events = Array.fromAsync(session)
    const connection = await transport.connection()
    connection.accept().send(start(), { type: 'stream_cancelled', chunk_id: 2, reason: 'user' }).drop()
    expect(await events).toHaveLength(2)
    expect(await session.done).toMatchObject({ state: 'cancelled', cancelReason: 'user', error: null })
  })

  test('what is not known is ignored, but counts', async () => {
    const session = client().start('chat', null)
    const events = Array.fromAsync(session)
    const connection = await transport.connection()
    const odd = [{ type: 'later_version', chunk_id: 2 }, { type: 'no_number' }, null, 7, 'text']
    connection
      .accept()
      .send(start(), ...odd, content(3, 'x'), complete(4))
      .drop()
    expect((await events).map(({ type }) => type)).toEqual([
      'stream_start',
      'content_chunk',
      'stream_complete',
    ])
    expect((await session.done).gaps).toBe(0)
  })

  test('the input is taken when it is given', async () => {
    const messages = ['hello']
    const session = client().start('chat', { messages })
    messages.push('changed')
    expect((await transport.connection()).request).toMatchObject({ input: '{"messages":["hello"]}' })
    session.detach()
    expect(() => client().start('chat', undefined)).toThrow(TypeError)
    expect(() => client().start('chat', { big: 1n })).toThrow(TypeError)
  })
})

describe('snapshots', () => {
  test('are one object until something changes, and told once per read', async () => {
    const session = client().start('chat', null)
    const seen: unknown[] = []
    const unsubscribe = session.subscribe(() => seen.push(session.snapshot))
    const connection = (await transport.connection()).accept()
    await until(session, ({ state }) => state === 'streaming')
    const before = seen.length
    connection.send(start(), content(2, 'a'), content(3, 'b'))
    await until(session, ({ lastChunkId }) => lastChunkId === 3)
    expect(seen.length).toBe(before + 1)
    expect(session.snapshot).toBe(session.snapshot)
    const { snapshot } = session
    connection.send()
    await tick()
    expect(session.snapshot).toBe(snapshot)
    expect(seen.length).toBe(before + 1)
    unsubscribe()
    connection.send(content(4, 'c'))
    await until(session, ({ lastChunkId }) => lastChunkId === 4)
    expect(seen.length).toBe(before + 1)
    session.detach()
  })

  test('a listener that throws is reported, and disturbs nobody', async () => {
    const reported = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation(() => {})
    const session = client().start('chat', null)
    session.subscribe(() => {
      throw new Error('a view broke')
    })
    let calls = 0
    session.subscribe(() => {
      calls += 1
    })
    const connection = (await transport.connection()).accept()
    connection.send(...log('a')).drop()
    expect((await session.done).state).toBe('completed')
    expect(calls).toBeGreaterThan(0)
    expect(() => reported.mock.calls[0]?.[0]()).toThrow('a view broke')
  })
})

describe('detach', () => {
  test('leaves; the generation goes on', async () => {
    const session = client().start('chat', null)
    const events = Array.fromAsync(session)
    const texts = Array.fromAsync(session.text())
    const connection = (await transport.connection()).accept().send(start(), content(2, 'a'))
    await until(session, ({ text }) => text === 'a')
    session.detach()
    session.detach()
    expect(connection.signal.aborted).toBe(true)
    expect(await events).toHaveLength(2)
    expect(await texts).toEqual(['a'])
    expect(await session.done).toMatchObject({ ended: true, detached: true, state: 'streaming', error: null })
    expect(transport.cancels).toEqual([])
  })

  test('by a signal, of which no listener is left', async () => {
    const leave = new AbortController()
    const session = client().start('chat', null, { signal: leave.signal })
    ;(await transport.connection()).accept()
    await until(session, ({ streamId }) => streamId !== null)
    leave.abort()
    expect((await session.done).detached).toBe(true)

    const stay = new AbortController()
    const other = client().attach('chat', 'stream-1', { signal: stay.signal })
    expect(getEventListeners(stay.signal, 'abort')).toHaveLength(1)
    ;(await transport.connection())
      .accept()
      .send(...log('a'))
      .drop()
    await other.done
    expect(getEventListeners(stay.signal, 'abort')).toHaveLength(0)

    const never = client().start('chat', null, { signal: AbortSignal.abort() })
    expect((await never.done).detached).toBe(true)
    expect(transport.opened).toBe(2)
  })

  test('during the wait for the next try ends the wait', async () => {
    const session = client({ retry: { baseMs: 60_000, capMs: 60_000 } }).attach('chat', 'stream-1')
    ;(await transport.connection()).refuse(new TypeError('fetch failed'))
    await until(session, ({ waiting }) => waiting !== null)
    session.detach()
    expect(await session.done).toMatchObject({ detached: true, waiting: null })
  })
})

describe('connections', () => {
  test('a number of connections at once; the next when one ends', async () => {
    transport.limit = 1
    const shared = client()
    const first = shared.start('chat', null)
    const connection = (await transport.connection()).accept()
    const second = shared.start('chat', null)
    expect((await until(second, ({ waiting }) => waiting !== null)).waiting).toEqual({ for: 'turn' })
    expect(second.state).toBe('idle')
    const third = shared.attach('chat', 'stream-3')
    third.detach()
    const fourth = shared.start('chat', null)
    await fourth.cancel()
    expect(await fourth.done).toMatchObject({ state: 'cancelled' })
    expect(transport.cancels).toEqual([])
    connection.send(...log('a')).drop()
    await first.done
    ;(await transport.connection())
      .accept()
      .send(...log('b'))
      .drop()
    expect((await second.done).text).toBe('b')
    expect(transport.opened).toBe(2)
  })
})
