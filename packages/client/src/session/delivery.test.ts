import { StreamingError } from '@sluice/core'
import { describe, expect, test, vi } from 'vitest'
import { log, start } from '../../test/events.ts'
import { scripted } from '../../test/scripted-transport.ts'
import { until } from '../../test/until.ts'

// To detach is to stop watching. A start is delivered all the same, exactly once, or it never was.

const { transport, client, tick } = scripted()

describe('a start whose viewer leaves', () => {
  test('in the same turn is sent, and not read', async () => {
    const session = client().start('chat', { question: 'why?' })
    session.detach()
    expect(session.snapshot).toMatchObject({ ended: true, detached: true })
    const connection = await transport.connection()
    expect(connection.request).toMatchObject({ kind: 'start', input: '{"question":"why?"}' })
    expect(connection.signal.aborted).toBe(false)
    connection.accept().send(start())
    expect(await session.done).toMatchObject({ detached: true, streamId: 'stream-1', text: '' })
    expect(connection.signal.aborted).toBe(true)
    expect(transport.opened).toBe(1)
  })

  test('while it is on its way goes on', async () => {
    const session = client().start('chat', null)
    const connection = await transport.connection()
    session.detach()
    expect(connection.signal.aborted).toBe(false)
    connection.accept()
    expect((await session.done).streamId).toBe('stream-1')
  })

  test('is tried again after a failure that may pass', async () => {
    const session = client().start('chat', null)
    const first = await transport.connection()
    first.refuse(new StreamingError('connection_lost', '502'))
    await until(session, ({ waiting }) => waiting !== null)
    session.detach()
    await tick()
    const second = await transport.connection()
    expect(second.request).toEqual(first.request)
    second.accept()
    expect(await session.done).toMatchObject({ detached: true, streamId: 'stream-1', waiting: null })
  })

  test('while all connections are taken does not wait for one', async () => {
    transport.limit = 1
    const shared = client()
    const first = shared.start('chat', 'first')
    ;(await transport.connection()).accept()
    const second = shared.start('chat', 'second')
    await until(second, ({ waiting }) => waiting !== null)
    second.detach()
    const connection = await transport.connection()
    expect(connection.request).toMatchObject({ input: '"second"' })
    connection.accept('stream-2')
    expect((await second.done).streamId).toBe('stream-2')
    first.detach()
  })

  test('and that the server refuses says so in the last snapshot', async () => {
    const session = client().start('chat', null)
    session.detach()
    ;(await transport.connection()).refuse(new StreamingError('invalid_request'))
    expect(await session.done).toMatchObject({ detached: true, error: { type: 'invalid_request' } })
  })

  test('can still be stopped', async () => {
    const session = client().start('chat', null)
    const connection = await transport.connection()
    session.detach()
    await session.cancel()
    expect(connection.signal.aborted).toBe(true)
    expect(transport.cancels).toEqual([{ name: 'chat', idempotencyKey: session.idempotencyKey }])
    await session.done
    expect(transport.opened).toBe(1)
  })
})

test('a second start in the same turn takes nothing from the first, and comes after it', async () => {
  const shared = client()
  const sessions = [shared.start('chat', 1), shared.start('chat', 2)]
  sessions[0]!.detach()
  const connections = [await transport.connection(), await transport.connection()]
  for (const connection of connections)
    connection
      .accept()
      .send(...log('a'))
      .drop()
  const inputs = connections.map(({ request }) => request)
  expect(inputs).toMatchObject([{ input: '1' }, { input: '2' }])
  await Promise.all(sessions.map(({ done }) => done))
})

test('a signal that is aborted before the call starts nothing, and remembers nothing', async () => {
  const items = new Map<string, string>()
  const storage = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  }
  const session = client({ storage }).start('chat', null, { signal: AbortSignal.abort() })
  expect((await session.done).detached).toBe(true)
  expect(items.size).toBe(0)
  expect(transport.opened).toBe(0)
})

describe('a page that goes', () => {
  const page = new EventTarget()
  const leave = () => page.dispatchEvent(new Event('pagehide'))
  const inPage = () => {
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
    vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page))
  }

  test('sends a start that has not arrived in a way that outlives it, and no other', async () => {
    inPage()
    const session = client().start('chat', 'x')
    const connection = await transport.connection()
    leave()
    expect(transport.sentOnLeave).toEqual([connection.request])
    connection.accept()
    await until(session, ({ streamId }) => streamId !== null)
    leave()
    expect(transport.sentOnLeave).toHaveLength(1)
    session.detach()
    await session.done
    leave()
    expect(transport.sentOnLeave).toHaveLength(1)
  })
})
