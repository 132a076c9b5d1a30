import { StreamingError } from '@sluice/core'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { complete, content, log, start } from '../test/events.ts'
import { scripted } from '../test/scripted-transport.ts'
import { until } from '../test/until.ts'
import type { StreamStorage } from './stored-stream.ts'

/** Storage as browsers have it, with a limit on the length of a value. */
class Shelf implements StreamStorage {
  readonly items = new Map<string, string>()
  room = Number.POSITIVE_INFINITY
  getItem(key: string): string | null {
    return this.items.get(key) ?? null
  }
  setItem(key: string, value: string): void {
    if (value.length > this.room) throw new DOMException('full', 'QuotaExceededError')
    this.items.set(key, value)
  }
  removeItem(key: string): void {
    this.items.delete(key)
  }
}

const { transport, client, tick } = scripted()
let storage: Shelf
beforeEach(() => {
  storage = new Shelf()
})

const entry = (key = 'chat') => JSON.parse(storage.items.get(`sluice:${key}`) ?? 'null')

describe('a start', () => {
  test('is remembered before anything is sent, by its id once that is known, and no longer when it has ended', async () => {
    const session = client({ storage }).start('chat', { question: 'why?' })
    expect(transport.opened).toBe(0)
    expect(entry()).toEqual({
      kind: 'start',
      name: 'chat',
      input: '{"question":"why?"}',
      idempotencyKey: session.idempotencyKey,
      at: Date.now(),
    })
    const connection = (await transport.connection()).accept()
    await until(session, ({ streamId }) => streamId !== null)
    expect(entry()).toEqual({ name: 'chat', streamId: 'stream-1' })
    connection.send(...log('a')).drop()
    await session.done
    expect(storage.items.size).toBe(0)
  })

  test('under the name that was asked for, or not at all', () => {
    const keyed = client({ storage }).start('chat', null, { rememberAs: 'sidebar' })
    const unknown = client({ storage }).start('chat', null, { rememberAs: false })
    const nowhere = client({ storage: null }).start('chat', null)
    expect([...storage.items.keys()]).toEqual(['sluice:sidebar'])
    for (const session of [keyed, unknown, nowhere]) session.detach()
  })

  test.each([
    ['was cancelled before it left', () => {}],
    [
      'was refused for good',
      async () => (await transport.connection()).refuse(new StreamingError('invalid_request')),
    ],
  ])('that %s is not remembered', async (what, happen) => {
    const session = client({ storage }).start('chat', null)
    if (what.includes('cancelled')) await session.cancel()
    await happen()
    await session.done
    expect(storage.items.size).toBe(0)
  })

  test('that was given up, or left, is remembered: it may well go on', async () => {
    const lost = client({ storage, retry: { maxRetries: 0 } }).start('chat', null)
    ;(await transport.connection()).accept().send(start()).drop()
    expect((await lost.done).error?.type).toBe('connection_lost')
    expect(entry()).toEqual({ name: 'chat', streamId: 'stream-1' })
    const left = client({ storage }).start('chat', null)
    ;(await transport.connection()).accept('stream-2')
    await until(left, ({ streamId }) => streamId !== null)
    left.detach()
    await left.done
    expect(entry()).toEqual({ name: 'chat', streamId: 'stream-2' })
  })

  test('whose server died is remembered by its successor’s id', async () => {
    const session = client({ storage }).start('chat', null)
    const error = { error_type: 'producer_lost', message: '', recoverable: true }
    const context = { restarted_as: 'stream-2' }
    ;(await transport.connection())
      .accept()
      .send(start(), { type: 'stream_error', chunk_id: 2, ...error, context })
    await until(session, ({ waiting }) => waiting !== null)
    expect(entry()).toEqual({ name: 'chat', streamId: 'stream-1' })
    await tick()
    const second = (await transport.connection()).accept('stream-2').send(start('stream-2'))
    await until(session, ({ streamId }) => streamId === 'stream-2')
    expect(entry()).toEqual({ name: 'chat', streamId: 'stream-2' })
    second.send(complete(2)).drop()
    await session.done
    expect(storage.items.size).toBe(0)
  })

  test('does not touch what a later one has left under the same name', async () => {
    const shared = client({ storage })
    const earlier = shared.start('chat', 'one')
    const first = await transport.connection()
    const later = shared.start('chat', 'two')
    first.accept('stream-1')
    await until(earlier, ({ streamId }) => streamId !== null)
    expect(entry()).toMatchObject({ idempotencyKey: later.idempotencyKey })
    first.send(start(), complete(2)).drop()
    await earlier.done
    expect(entry()).toMatchObject({ idempotencyKey: later.idempotencyKey })
    later.detach()
  })
})

describe('resume', () => {
  test('of what never was, or of what cannot be made out: nothing', () => {
    const page = client({ storage })
    const broken = ['', '{', 'null', '7', '[]', '{}', '{"name":"chat"}', '{"name":"chat","streamId":7}']
    const foreign = [
      '{"name":"other","streamId":"x"}',
      '{"name":"chat","input":"null"}',
      '{"name":"chat","idempotencyKey":"k"}',
    ]
    for (const text of [...broken, ...foreign]) {
      storage.items.set('sluice:chat', text)
      expect([text, page.resume('chat')]).toEqual([text, undefined])
    }
    storage.items.clear()
    expect(page.resume('chat')).toBeUndefined()
    expect(client().resume('chat')).toBeUndefined()
    expect(transport.opened).toBe(0)
  })

  test('by its id: from the beginning, and remembered until its end', async () => {
    storage.items.set('sluice:sidebar', '{"name":"chat","streamId":"stream-9"}')
    const session = client({ storage }).resume('chat', { rememberAs: 'sidebar' })!
    const connection = await transport.connection()
    expect(connection.request).toEqual({ kind: 'resume', name: 'chat', streamId: 'stream-9', lastChunkId: 0 })
    connection.accept('stream-9')
    await until(session, ({ state }) => state === 'streaming')
    expect(entry('sidebar')).toEqual({ name: 'chat', streamId: 'stream-9' })
    connection.send(...log('a')).drop()
    expect((await session.done).text).toBe('a')
    expect(storage.items.size).toBe(0)
  })

  test('before there was an id: the same key and the same input, and then its id', async () => {
    const before = client({ storage }).start('chat', { question: 'why?' })
    const lost = await transport.connection()
    before.detach()
    const session = client({ storage }).resume('chat')!
    const connection = await transport.connection()
    expect(connection.request).toEqual(lost.request)
    expect(session.idempotencyKey).toBe(before.idempotencyKey)
    connection.accept()
    await until(session, ({ streamId }) => streamId !== null)
    expect(entry()).toEqual({ name: 'chat', streamId: 'stream-1' })
    session.detach()
  })

  test('of a start that no server has answered for minutes: nothing, it would be a second generation', async () => {
    client({ storage }).start('chat', null).detach()
    const stored = storage.items.get('sluice:chat')!
    await transport.deliverAll()
    for (const [ms, isFound] of [
      [299_000, true],
      [1_000, false],
    ] as const) {
      await vi.advanceTimersByTimeAsync(ms)
      storage.items.set('sluice:chat', stored)
      const session = client({ storage }).resume('chat')
      expect(session !== undefined).toBe(isFound)
      session?.detach()
      await transport.deliverAll()
    }
  })

  test('of a start that reached the server after its viewer had left: by its id', async () => {
    const session = client({ storage }).start('chat', null)
    session.detach()
    expect(entry()).toMatchObject({ kind: 'start' })
    ;(await transport.connection()).accept('stream-7')
    await session.done
    expect(entry()).toEqual({ name: 'chat', streamId: 'stream-7' })
  })

  test('of what was forgotten: nothing, though it still runs', async () => {
    const page = client({ storage })
    const session = page.start('chat', null)
    page.forget('chat')
    ;(await transport.connection()).accept()
    await until(session, ({ streamId }) => streamId !== null)
    expect(page.resume('chat')).toBeUndefined()
    session.detach()
  })
})

test('an attached one is remembered if that is asked for', async () => {
  const page = client({ storage })
  page.attach('chat', 'one').detach()
  expect(storage.items.size).toBe(0)
  const session = page.attach('chat', 'two', { rememberAs: 'chat', lastChunkId: 1, text: '' })
  expect(entry()).toEqual({ name: 'chat', streamId: 'two' })
  ;(await transport.connection()).accept().send(complete(2)).drop()
  await session.done
  expect(storage.items.size).toBe(0)
})

describe('a storage', () => {
  test('that is full for the input has room for the id; an older entry is not found in its place', async () => {
    const page = client({ storage })
    page.start('chat', null).detach()
    ;(await transport.connection()).accept('stream-0')
    await tick()
    storage.room = 60
    const session = page.start('chat', 'x'.repeat(100))
    expect(storage.items.size).toBe(0)
    ;(await transport.connection()).accept()
    await until(session, ({ streamId }) => streamId !== null)
    expect(entry()).toEqual({ name: 'chat', streamId: 'stream-1' })
    session.detach()
  })

  test('that throws at everything is as none', async () => {
    const forbidden = () => {
      throw new DOMException('forbidden', 'SecurityError')
    }
    const page = client({ storage: { getItem: forbidden, setItem: forbidden, removeItem: forbidden } })
    expect(page.resume('chat')).toBeUndefined()
    page.forget('chat')
    const session = page.start('chat', null)
    ;(await transport.connection()).accept().send(start(), content(2, 'a'), complete(3)).drop()
    expect((await session.done).text).toBe('a')
  })

  test('is the page’s own if none was given, though even its name may be forbidden', async () => {
    vi.stubGlobal('window', { sessionStorage: storage })
    client().start('chat', null).detach()
    expect(storage.items.size).toBe(1)
    vi.stubGlobal('window', {
      get sessionStorage() {
        throw new DOMException('forbidden', 'SecurityError')
      },
    })
    expect(client().resume('chat')).toBeUndefined()
    await tick()
  })
})
