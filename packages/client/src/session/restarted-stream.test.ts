import { type StreamEvent, StreamingError } from '@sluice/core'
import { expect, test } from 'vitest'
import { complete, content, start } from '../../test/events.ts'
import { scripted } from '../../test/scripted-transport.ts'
import { until } from '../../test/until.ts'
import type { StreamSession } from '../index.ts'
import type { Delta } from './stream-session.ts'

const { transport, client, tick } = scripted()

const lost = (chunk_id: number, successor?: string, error_type = 'producer_lost'): StreamEvent => ({
  type: 'stream_error',
  chunk_id,
  error_type,
  message: 'The server that ran the stream died.',
  recoverable: true,
  ...(successor === undefined ? {} : { context: { restarted_as: successor } }),
})

/** A session that has read `old` of `stream-1`, and knows that `stream-2` has taken its place. */
async function following(session: StreamSession): Promise<StreamSession> {
  ;(await transport.connection()).accept().send(start(), content(2, 'old'), lost(3, 'stream-2'))
  await until(session, ({ waiting }) => waiting !== null)
  return session
}

test('its successor is read from the beginning, by all readers, and nothing is spliced', async () => {
  const session = client().start('chat', null)
  const events = Array.fromAsync(session)
  const texts = Array.fromAsync(session.text())
  const deltas: Promise<Delta[]> = Array.fromAsync(session.deltas())
  await following(session)
  expect(session.snapshot).toMatchObject({
    state: 'connecting',
    streamId: 'stream-1',
    text: 'old',
    lastChunkId: 2,
    error: null,
    waiting: { for: 'retry', retryCount: 1, error: { type: 'producer_lost' } },
  })
  await tick()
  const second = await transport.connection()
  expect(second.request).toEqual({ kind: 'resume', name: 'chat', streamId: 'stream-2', lastChunkId: 0 })
  second.accept('stream-2')
  await until(session, ({ state }) => state === 'streaming')
  // The cursor and the text belong together: another session may resume from this snapshot.
  expect(session.snapshot).toMatchObject({ streamId: 'stream-1', text: 'old', lastChunkId: 2, revision: 0 })
  const successor = [start('stream-2'), content(2, 'new'), complete(3)]
  second.send(...successor).drop()
  expect(await session.done).toMatchObject({
    state: 'completed',
    streamId: 'stream-2',
    text: 'new',
    revision: 1,
    reconnects: 1,
    error: null,
  })
  expect(await events).toEqual([start(), content(2, 'old'), ...successor])
  expect((await texts).at(-1)).toBe('new')
  expect(await deltas).toEqual([{ append: 'old' }, { reset: 'new' }])
})

test('so is the successor of a successor', async () => {
  const session = await following(client().attach('chat', 'stream-1'))
  await tick()
  ;(await transport.connection()).accept('stream-2').send(start('stream-2'), lost(2, 'stream-3'))
  await until(session, ({ waiting, streamId }) => waiting !== null && streamId === 'stream-2')
  await tick()
  const third = await transport.connection()
  expect(third.request).toMatchObject({ streamId: 'stream-3', lastChunkId: 0 })
  third.accept('stream-3').send(start('stream-3'), complete(2)).drop()
  expect(await session.done).toMatchObject({ streamId: 'stream-3', text: '', revision: 2 })
})

test('an interruption on the way there forgets neither', async () => {
  const session = await following(client().start('chat', null))
  await tick()
  ;(await transport.connection()).refuse(new TypeError('fetch failed'))
  await until(session, ({ waiting }) => waiting?.for === 'retry' && waiting.retryCount === 2)
  await tick()
  const third = await transport.connection()
  expect(third.request).toMatchObject({ streamId: 'stream-2', lastChunkId: 0 })
  expect(session.snapshot.text).toBe('old')
  third.accept('stream-2').send(start('stream-2'), content(2, 'n')).drop()
  await until(session, ({ text, waiting }) => text === 'n' && waiting !== null)
  await tick()
  const fourth = await transport.connection()
  expect(fourth.request).toMatchObject({ streamId: 'stream-2', lastChunkId: 2 })
  fourth.accept('stream-2').send(complete(3)).drop()
  expect((await session.done).text).toBe('n')
})

test('if the successor is gone too, that is the end, with the text that there is', async () => {
  const session = await following(client().start('chat', null))
  await tick()
  ;(await transport.connection()).refuse(new StreamingError('not_found'))
  expect(await session.done).toMatchObject({ state: 'error', text: 'old', error: { type: 'producer_lost' } })
})

test('Stop stops the successor', async () => {
  const session = await following(client().start('chat', null))
  const cancelled = session.cancel()
  const tail = (await transport.connection()).accept('stream-2')
  tail
    .send(start('stream-2'), content(2, 'new'), { type: 'stream_cancelled', chunk_id: 3, reason: 'user' })
    .drop()
  await cancelled
  expect(transport.cancels).toEqual([{ name: 'chat', streamId: 'stream-2' }])
  expect(await session.done).toMatchObject({ state: 'cancelled', text: 'new', streamId: 'stream-2' })
})

test('a stream that nobody has taken up has ended, and so has one that only looks like it', async () => {
  const ends = async (last: StreamEvent) => {
    const session = client().start('chat', null)
    ;(await transport.connection()).accept().send(start(), content(2, 'old'), last).drop()
    return session.done
  }
  expect(await ends(lost(3))).toMatchObject({ state: 'error', error: { type: 'producer_lost' }, text: 'old' })
  expect(await ends(lost(3, 'stream-2', 'api_error'))).toMatchObject({ error: { type: 'api_error' } })
  expect(transport.opened).toBe(2)
})

test.each([
  ['itself', 'stream-1'],
  ['no id', 7],
])('a stream that was begun anew as %s has ended', async (_, id) => {
  const session = client().start('chat', null)
  ;(await transport.connection())
    .accept()
    .send(start(), content(2, 'old'), lost(3, id as string))
    .drop()
  expect(await session.done).toMatchObject({ state: 'error', error: { type: 'producer_lost' }, text: 'old' })
  expect(transport.opened).toBe(1)
})

test('a server that sends its reader round in circles does not keep it', async () => {
  const session = await following(client().attach('chat', 'stream-1'))
  await tick()
  ;(await transport.connection()).accept('stream-2').send(start('stream-2'), lost(2, 'stream-1')).drop()
  expect(await session.done).toMatchObject({ state: 'error', error: { type: 'producer_lost' } })
  expect(transport.opened).toBe(2)
})
