import type { StreamEvent } from '@sluice/core'
import { beforeEach, expect, test, vi } from 'vitest'
import { Observation } from './observation.ts'
import { ReadingObserver } from './reading-observer.ts'

const start = { kind: 'start', name: 'chat', input: '{}', idempotencyKey: 'key' } as const
const resume = { kind: 'resume', name: 'chat', streamId: 'stream', lastChunkId: 2 } as const
const events: StreamEvent[] = [
  { type: 'stream_start', chunk_id: 1, stream_id: 'stream', stream: 'chat', created_at: 1_000 },
  { type: 'content_chunk', chunk_id: 2, at: 50, content: 'Hello' },
]

let observation: Observation
beforeEach(() => {
  vi.useFakeTimers({ now: 1_080, toFake: ['Date'] })
  observation = new Observation()
})

test('a start is known by its key, and then by its stream’s id', () => {
  const observer = new ReadingObserver(start, observation)
  observer.opened(null)
  observer.received(events)
  expect(observation.find('key')).toBe(observation.find('stream'))
  expect(observation.records).toHaveLength(1)
  expect(observation.find('stream')!.marks).toMatchObject([
    { kind: 'ask', isAttached: false },
    { kind: 'open', isAgain: false },
    { kind: 'chunks', from: 1, to: 2, tokens: 1, addedMs: 30 },
  ])
})

test('a connection that is lost and taken up again is one record; its loss after the end is in order', () => {
  const first = new ReadingObserver(start, observation)
  first.opened('stream')
  first.received(events)
  first.lost({ type: 'connection_lost' })
  const second = new ReadingObserver(resume, observation)
  second.opened('stream')
  second.received([{ type: 'stream_cancelled', chunk_id: 3, reason: 'user' }])
  second.lost({ type: 'connection_closed' })
  expect(observation.find('stream')!.marks.map(({ kind }) => kind)).toEqual([
    'ask',
    'open',
    'chunks',
    'lost',
    'ask',
    'open',
    'end',
  ])
  expect(observation.find('stream')!.marks).toContainEqual(
    expect.objectContaining({ kind: 'open', isAgain: true, after: 2 }),
  )
})

test('what another server begins anew is the same record, which has not ended', () => {
  const first = new ReadingObserver(start, observation)
  first.opened('stream')
  first.received(events)
  const error = { error_type: 'producer_lost', message: '', recoverable: true }
  first.received([{ type: 'stream_error', chunk_id: 3, ...error, context: { restarted_as: 'successor' } }])
  first.lost({ type: 'connection_closed' })
  new ReadingObserver({ ...resume, streamId: 'successor', lastChunkId: 0 }, observation).opened('successor')
  expect(observation.find('successor')).toBe(observation.find('stream'))
  expect(observation.find('successor')!.marks.slice(3)).toMatchObject([
    { kind: 'lost', why: 'producer_lost' },
    { kind: 'ask', isAttached: true },
    { kind: 'open', isAgain: true, after: 0 },
  ])
})

test('what was there before this page came has not been on its way to it', () => {
  const observer = new ReadingObserver({ ...resume, lastChunkId: 0 }, observation)
  observer.received(events)
  expect(observation.find('stream')!.marks.at(-1)).toMatchObject({ kind: 'chunks', addedMs: null })
})
