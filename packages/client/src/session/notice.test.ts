import { StreamingError } from '@sluice/core'
import { expect, test, vi } from 'vitest'
import { complete, content, log, start } from '../../test/events.ts'
import { scripted } from '../../test/scripted-transport.ts'
import { until } from '../../test/until.ts'
import type { Notice } from './notice.ts'

const { transport, client, tick } = scripted()

test('a watcher is told of each state, retry, reconnect, gap and repeat, in order', async () => {
  const session = client().start('chat', null)
  const notices: Notice[] = []
  session.watch((notice) => notices.push(notice))
  const whole = log('a', 'b', 'c')
  ;(await transport.connection()).accept().send(whole[0], whole[1], whole[1], whole[3])
  await until(session, ({ waiting }) => waiting !== null)
  await tick()
  ;(await transport.connection())
    .accept()
    .send(...whole.slice(2))
    .drop()
  await session.done
  const state = (from: string, to: string) => ({ type: 'state', from, to })
  expect(notices).toMatchObject([
    state('idle', 'connecting'),
    state('connecting', 'streaming'),
    { type: 'repeat', chunkId: 2 },
    { type: 'gap', lastChunkId: 2, chunkId: 4 },
    state('streaming', 'connecting'),
    { type: 'retry', delayMs: 0, retryCount: 1, error: { type: 'connection_lost' } },
    { type: 'reconnect', lastChunkId: 2 },
    state('connecting', 'streaming'),
    state('streaming', 'completed'),
  ])
})

test('giving up is told, a refusal is not that', async () => {
  const tell = async (failure: StreamingError) => {
    const session = client({ retry: { maxRetries: 0 } }).start('chat', null)
    const notices: Notice[] = []
    session.watch((notice) => notices.push(notice))
    ;(await transport.connection()).refuse(failure)
    const { error } = await session.done
    return notices.filter(({ type }) => type === 'given_up').map((notice) => [notice, error])
  }
  const busy = new StreamingError('capacity')
  expect(await tell(busy)).toEqual([[{ type: 'given_up', error: busy }, busy]])
  expect(await tell(new StreamingError('connection_lost'))).toHaveLength(1)
  expect(await tell(new StreamingError('not_found'))).toEqual([])
})

test('a watcher that throws, leaves or ends the session disturbs nobody', async () => {
  const thrown: unknown[] = []
  const collect = (error: unknown) => thrown.push(error)
  process.on('uncaughtException', collect)
  const session = client().start('chat', null)
  const told: string[] = []
  session.watch(() => {
    throw new Error('broken')
  })
  const unwatch = session.watch(() => {
    told.push('once')
    unwatch()
  })
  session.watch((notice) => {
    if (notice.type === 'state' && notice.to === 'streaming') session.detach()
  })
  ;(await transport.connection()).accept().send(start())
  expect((await session.done).detached).toBe(true)
  expect(told).toEqual(['once'])
  await tick()
  process.off('uncaughtException', collect)
  expect(thrown).toHaveLength(2)
  expect(transport.opened).toBe(1)
})

test('figures: the first chunk, the rate, what waits, and the counts', async () => {
  const session = client().start('chat', null)
  expect(session.stats).toEqual({
    firstChunkMs: null,
    chunksPerSecond: 0,
    window: null,
    queued: 0,
    reconnects: 0,
    gaps: 0,
    repeats: 0,
  })
  const events = session[Symbol.asyncIterator]()
  const connection = (await transport.connection()).accept()
  await vi.advanceTimersByTimeAsync(100)
  connection.send(start())
  await until(session, ({ lastChunkId }) => lastChunkId === 1)
  expect(session.stats).toMatchObject({ firstChunkMs: null, queued: 1 })
  await vi.advanceTimersByTimeAsync(150)
  connection.send(content(2, 'a'))
  await until(session, ({ lastChunkId }) => lastChunkId === 2)
  expect(session.stats).toMatchObject({ firstChunkMs: 250, chunksPerSecond: 0, queued: 2 })
  await vi.advanceTimersByTimeAsync(500)
  connection.send(content(3, 'b'), content(3, 'b'), content(4, 'c'))
  await until(session, ({ lastChunkId }) => lastChunkId === 4)
  expect(session.stats).toMatchObject({ firstChunkMs: 250, chunksPerSecond: 4, queued: 4, repeats: 1 })
  await events.next()
  await events.next()
  expect(session.stats.queued).toBe(2)
  connection.send(complete(5)).drop()
  await session.done
})

test('the window is the transport’s, while it reads', async () => {
  const session = client().start('chat', null)
  const connection = await transport.connection()
  connection.accept('stream-1', { window: 64, queued: 3 }).send(start())
  await until(session, ({ lastChunkId }) => lastChunkId === 1)
  expect(session.stats).toMatchObject({ window: 64, queued: 3 })
  connection.send(complete(2)).drop()
  await session.done
  expect(session.stats).toMatchObject({ window: null, queued: 0 })
})
