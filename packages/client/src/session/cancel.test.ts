import { StreamingError } from '@sluice/core'
import { describe, expect, test, vi } from 'vitest'
import { complete, content, start } from '../../test/events.ts'
import { scripted } from '../../test/scripted-transport.ts'
import { until } from '../../test/until.ts'

const { transport, client, tick } = scripted()

const stopped = (chunk_id: number, reason: string) => ({ type: 'stream_cancelled', chunk_id, reason })

test('closes its own connection, asks, and is cancelled when the server says so', async () => {
  const session = client().start('chat', null)
  const events = Array.fromAsync(session)
  const connection = (await transport.connection()).accept().send(start(), content(2, 'a'))
  await until(session, ({ text }) => text === 'a')
  let confirm = () => {}
  transport.onCancel = () => {
    expect(connection.signal.aborted).toBe(true)
    return new Promise((resolve) => {
      confirm = resolve
    })
  }
  const cancelled = session.cancel()
  expect(session.cancel()).toBe(cancelled)
  expect(session.snapshot).toMatchObject({ state: 'streaming', cancelling: true })
  confirm()
  // The rest of the log, so that this page has what `onEnd` and other tabs have.
  const tail = await transport.connection()
  expect(tail.request).toEqual({ kind: 'resume', name: 'chat', streamId: 'stream-1', lastChunkId: 2 })
  expect(session.snapshot).toMatchObject({ cancelling: true, ended: false })
  tail.accept().send(content(3, 'b'), stopped(4, 'user')).drop()
  await cancelled
  const last = await session.done
  expect(last).toMatchObject({ state: 'cancelled', cancelling: false, text: 'ab', cancelReason: 'user' })
  expect(last.reconnects).toBe(0)
  expect(transport.cancels).toEqual([{ name: 'chat', streamId: 'stream-1' }])
  expect(await events).toHaveLength(4)
  await session.cancel()
  expect(transport.cancels).toHaveLength(1)
  expect(transport.opened).toBe(2)
})

/** A session that has text, and was asked to stop. */
async function stopping() {
  const session = client().start('chat', null)
  const connection = (await transport.connection()).accept().send(start(), content(2, 'a'))
  await until(session, ({ text }) => text === 'a')
  return { session, connection, cancelled: session.cancel() }
}

describe('the tail after a cancel', () => {
  test('that does not come in time is done without', async () => {
    const { session, cancelled } = await stopping()
    ;(await transport.connection()).accept().send(content(3, 'b'))
    await vi.advanceTimersByTimeAsync(3_000)
    await cancelled
    expect(await session.done).toMatchObject({ state: 'cancelled', text: 'ab', cancelReason: null })
  })

  test('whose connection fails is read again', async () => {
    const { session, cancelled } = await stopping()
    ;(await transport.connection()).refuse(new TypeError('fetch failed'))
    await tick()
    ;(await transport.connection()).accept().send(content(3, 'b')).drop()
    await tick()
    const third = await transport.connection()
    expect(third.cursor).toBe(3)
    third.accept().send(content(4, 'c'), stopped(5, 'user')).drop()
    await cancelled
    expect(await session.done).toMatchObject({ text: 'abc', cancelReason: 'user', reconnects: 0 })
  })

  test('that fails until its time is over is done without', async () => {
    const { session, cancelled } = await stopping()
    const failing = (async () => {
      while (!session.snapshot.ended) (await transport.connection()).refuse(new TypeError('fetch failed'))
    })()
    await vi.advanceTimersByTimeAsync(3_000)
    await cancelled
    expect(await session.done).toMatchObject({ state: 'cancelled', text: 'a', error: null, waiting: null })
    void failing
  })

  test('that the server refuses is done without, at once', async () => {
    const { session, cancelled } = await stopping()
    ;(await transport.connection()).refuse(new StreamingError('not_found'))
    await cancelled
    expect(await session.done).toMatchObject({ state: 'cancelled', text: 'a', error: null })
  })

  test('whose end is another one: that is how it ended', async () => {
    const { session, cancelled } = await stopping()
    ;(await transport.connection()).accept().send(content(3, 'b'), complete(4)).drop()
    await cancelled
    expect(await session.done).toMatchObject({ state: 'completed', text: 'ab', usage: { total_tokens: 3 } })
  })

  test('is not read by a viewer that leaves', async () => {
    const { session, cancelled } = await stopping()
    const tail = await transport.connection()
    session.detach()
    await cancelled
    expect(tail.signal.aborted).toBe(true)
    expect(await session.done).toMatchObject({ detached: true, text: 'a' })
  })
})

test('before the answer has come, by the key', async () => {
  const session = client().start('chat', null)
  const connection = await transport.connection()
  await session.cancel()
  expect(connection.signal.aborted).toBe(true)
  expect(transport.cancels).toEqual([{ name: 'chat', idempotencyKey: session.idempotencyKey }])
  expect((await session.done).state).toBe('cancelled')
})

test('before anything was sent, nothing is', async () => {
  const session = client().start('chat', null)
  await session.cancel()
  expect((await session.done).state).toBe('cancelled')
  expect(transport.opened).toBe(0)
  expect(transport.cancels).toEqual([])
})

test('before it has sent a start that another may have sent, by the key', async () => {
  const idempotencyKey = 'k'.repeat(22)
  const session = client().start('chat', null, { idempotencyKey })
  await session.cancel()
  expect((await session.done).state).toBe('cancelled')
  expect(transport.opened).toBe(0)
  expect(transport.cancels).toEqual([{ name: 'chat', idempotencyKey }])
})

test('what had already ended stays so', async () => {
  const session = client().start('chat', null)
  ;(await transport.connection()).accept().send(start(), complete(2)).drop()
  await session.done
  await session.cancel()
  expect(session.state).toBe('completed')
  expect(transport.cancels).toEqual([])
})

test('is repeated if the network fails', async () => {
  const session = client().start('chat', null)
  ;(await transport.connection()).accept().send(start())
  await until(session, ({ lastChunkId }) => lastChunkId === 1)
  let tries = 0
  transport.onCancel = async () => {
    tries += 1
    if (tries < 3) throw new TypeError('fetch failed')
  }
  const cancelled = session.cancel()
  await vi.runAllTimersAsync()
  await cancelled
  expect(tries).toBe(3)
  expect((await session.done).state).toBe('cancelled')
})

test('an answer that does not come is asked for again', async () => {
  const session = client().start('chat', null)
  ;(await transport.connection()).accept().send(start())
  await until(session, ({ lastChunkId }) => lastChunkId === 1)
  let tries = 0
  transport.onCancel = (_, signal) => {
    tries += 1
    if (tries > 1) return Promise.resolve()
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  }
  const cancelled = session.cancel()
  await vi.advanceTimersByTimeAsync(15_000)
  await cancelled
  expect(tries).toBe(2)
})

test('if the server refuses it, the session goes on, and it may be asked again', async () => {
  const session = client().start('chat', null)
  const texts = Array.fromAsync(session.text())
  ;(await transport.connection()).accept().send(start(), content(2, 'a'))
  await until(session, ({ text }) => text === 'a')
  transport.onCancel = () => Promise.reject(new StreamingError('permission_denied'))
  await expect(session.cancel()).rejects.toMatchObject({ type: 'permission_denied' })
  expect(session.snapshot).toMatchObject({ cancelling: false, ended: false })
  const second = await transport.connection()
  expect(second.cursor).toBe(2)
  second.accept().send(content(3, 'b'), complete(4)).drop()
  expect((await texts).at(-1)).toBe('ab')
  expect(await session.done).toMatchObject({ state: 'completed', text: 'ab' })
})

test('during the wait for the next try ends the wait', async () => {
  const session = client({ retry: { baseMs: 60_000, capMs: 60_000 } }).start('chat', null)
  ;(await transport.connection()).accept().send(start()).drop()
  await until(session, ({ waiting }) => waiting !== null)
  const cancelled = session.cancel()
  ;(await transport.connection()).accept().send(stopped(2, 'user')).drop()
  await cancelled
  expect((await session.done).state).toBe('cancelled')
  expect(transport.opened).toBe(2)
})

test('called from a listener, at any change, it is one cancel and one end', async () => {
  const session = client().start('chat', null)
  session.subscribe(() => void session.cancel().catch(() => {}))
  await session.done
  expect(session.state).toBe('cancelled')
  expect(transport.opened).toBeLessThanOrEqual(1)
})

test('after detach it still asks', async () => {
  const session = client().start('chat', null)
  ;(await transport.connection()).accept().send(start())
  await until(session, ({ lastChunkId }) => lastChunkId === 1)
  session.detach()
  await session.cancel()
  expect(transport.cancels).toEqual([{ name: 'chat', streamId: 'stream-1' }])
  expect(session.snapshot.detached).toBe(true)
})

test('that nobody awaits is no unhandled rejection: the watchers are told', async () => {
  const session = client().start('chat', null)
  ;(await transport.connection()).accept().send(start())
  await until(session, ({ lastChunkId }) => lastChunkId === 1)
  const notices: unknown[] = []
  session.watch((notice) => notices.push(notice))
  transport.onCancel = () => Promise.reject(new StreamingError('permission_denied'))
  const unhandled = vi.fn()
  process.on('unhandledRejection', unhandled)
  void session.cancel()
  await vi.advanceTimersByTimeAsync(0)
  await new Promise((resolve) => process.nextTick(resolve))
  process.off('unhandledRejection', unhandled)
  expect(unhandled).not.toHaveBeenCalled()
  expect(notices).toContainEqual({ type: 'cancel_failed', error: expect.any(StreamingError) })
  session.detach()
})
