import { describe, expect, test } from 'vitest'
import { Harness, type HarnessOptions } from '../../../test/harness.ts'
import type { Part } from '../../parts.ts'
import { settle } from '../../testing/index.ts'
import type { RunTimeouts } from '../definition/define-stream.ts'

/** A tick of the clock: so late may an alarm ring. */
const TICK_MS = 100

function withTimeouts(timeouts: RunTimeouts, more: HarnessOptions = {}): Harness {
  return new Harness({ ...more, definition: { timeouts, retry: { maxRetries: 0 }, ...more.definition } })
}

describe('firstChunkMs', () => {
  test('ends a run whose provider says nothing, and closes its connection', async () => {
    const { clock, play } = bound(withTimeouts({ firstChunkMs: 5000 }))
    const { sink, attempt } = await play()
    await clock.pass(5000 - TICK_MS)
    expect([sink.types, attempt.isAborted]).toEqual([['stream_start'], false])
    await clock.pass(2 * TICK_MS)
    await attempt.aborted
    await sink.ended
    expect(sink.events.at(-1)).toMatchObject({
      type: 'stream_error',
      error_type: 'first_chunk_timeout',
      recoverable: true,
    })
  })

  test('is over with the first part, of whatever kind', async () => {
    const { clock, play } = bound(withTimeouts({ firstChunkMs: 1000 }))
    const { sink, attempt } = await play()
    attempt.push({ type: 'tool_call', index: 0 })
    await attempt.taken()
    await clock.pass(10_000)
    expect(sink.reason).toBeUndefined()
  })

  test('is five minutes unless it is said: reasoning models think that long', async () => {
    const { clock, play } = bound(withTimeouts({}))
    const { sink } = await play()
    await clock.pass(299_900)
    expect(sink.reason).toBeUndefined()
    await clock.pass(200)
    expect(sink.events.at(-1)).toMatchObject({ error_type: 'first_chunk_timeout' })
  })

  test('of Infinity never is over', async () => {
    const { clock, play } = bound(withTimeouts({ firstChunkMs: Number.POSITIVE_INFINITY }))
    const { sink } = await play()
    await clock.pass(3_600_000)
    expect(sink.reason).toBeUndefined()
  })
})

describe('chunkMs', () => {
  test('ends a run whose provider falls silent, by the clock and not by the next chunk', async () => {
    const { clock, play } = bound(withTimeouts({ chunkMs: 2000 }))
    const { sink, attempt } = await play()
    for (const text of 'abcd') {
      attempt.push(text)
      await attempt.taken()
      await clock.pass(2000 - TICK_MS)
    }
    expect(sink.text).toBe('abcd')
    await clock.pass(2 * TICK_MS)
    await attempt.aborted
    await sink.ended
    expect(sink.events.at(-1)).toMatchObject({ error_type: 'chunk_timeout', recoverable: true })
  })
})

describe('a sign of life', () => {
  test.each<[string, Part]>([
    ['empty text', ''],
    ['empty content', { type: 'content', content: '' }],
    ['empty reasoning', { type: 'reasoning', content: '' }],
  ])('%s, is no event, and both timeouts begin anew', async (_what, part) => {
    const { clock, play, source } = bound(
      withTimeouts({ firstChunkMs: 2000, chunkMs: 2000 }, { definition: { retry: { maxRetries: 5 } } }),
    )
    const { sink, attempt } = await play()
    for (let seconds = 0; seconds < 10; seconds++) {
      await clock.pass(1000)
      attempt.push(part)
      await attempt.taken()
    }
    expect([sink.types, source.attempts.length]).toEqual([['stream_start'], 1])
    attempt.push('a')
    await attempt.taken()
    for (let seconds = 0; seconds < 10; seconds++) {
      await clock.pass(1000)
      attempt.push(part)
      await attempt.taken()
    }
    expect([sink.types, source.attempts.length]).toEqual([['stream_start', 'content_chunk'], 1])
    await clock.pass(2000 + TICK_MS)
    await sink.ended
    expect(sink.events.at(-1)).toMatchObject({ error_type: 'chunk_timeout' })
  })
})

describe('totalMs', () => {
  test('ends a run that talks for ever', async () => {
    const { clock, play } = bound(withTimeouts({ totalMs: 5000 }))
    const { sink, attempt } = await play()
    for (let seconds = 0; seconds < 5; seconds++) {
      expect(sink.reason).toBeUndefined()
      attempt.push('x')
      await attempt.taken()
      await clock.pass(1000)
    }
    await clock.pass(TICK_MS)
    await attempt.aborted
    await sink.ended
    expect(sink.events.at(-1)).toMatchObject({ type: 'stream_error', error_type: 'chunk_timeout' })
  })

  test('is for all attempts together, and is not retried', async () => {
    const { clock, play, source } = bound(
      withTimeouts({ totalMs: 5000, firstChunkMs: 1000 }, { definition: { retry: { maxRetries: 100 } } }),
    )
    const { sink } = await play()
    await clock.pass(5100)
    await sink.ended
    const attempts = source.attempts.length
    expect(attempts).toBeGreaterThan(1)
    await clock.pass(60_000)
    expect(source.attempts.length).toBe(attempts)
  })
})

describe('while a run is paused', () => {
  test('its timeouts stand still', async () => {
    const harness = withTimeouts(
      { firstChunkMs: 1000, chunkMs: 1000, totalMs: 3000 },
      { definition: { leadChunks: 2 } },
    )
    const { clock } = harness
    const { sink, attempt } = await harness.play({ limit: 1, stallMs: 1_000_000 })
    await settle()
    attempt.push('a', 'b', 'c')
    await clock.pass(500_000)
    expect([sink.reason, harness.hub.load.streams]).toEqual([undefined, 1])

    sink.viewer.allow(1000)
    await attempt.taken()
    await clock.pass(900)
    expect(sink.text).toBe('abc')
    await clock.pass(200)
    await sink.ended
    expect(sink.events.at(-1)).toMatchObject({ error_type: 'chunk_timeout' })
  })

  test('what is left of totalMs is as much as before', async () => {
    const harness = withTimeouts({ totalMs: 3000 }, { definition: { leadChunks: 2 } })
    const { clock } = harness
    const { sink, attempt } = await harness.play({ limit: 1, stallMs: 1_000_000 })
    await clock.pass(2000)
    attempt.push('a', 'b')
    await settle()
    await clock.pass(100_000)
    sink.viewer.allow(1000)
    await attempt.taken()
    await clock.pass(900)
    expect(sink.reason).toBeUndefined()
    await clock.pass(200)
    await sink.ended
    expect(sink.events.at(-1)).toMatchObject({ message: 'The answer took too long.' })
  })
})

test('no alarm is left when a run has ended, however it did', async () => {
  const harness = withTimeouts(
    { firstChunkMs: 1000, chunkMs: 1000, totalMs: 9000 },
    { log: { keepEndedMs: 1000 } },
  )
  const { clock } = harness
  const scenes = [await harness.play(), await harness.play(), await harness.play(), await harness.play()]
  scenes[0]?.attempt.finish()
  scenes[1]?.attempt.fail(new Error('x'))
  await harness.hub.cancel({ streamId: scenes[2]!.stream.record.streamId })
  await clock.pass(5000)
  for (const { sink } of scenes) expect(sink.reason).toBe('ended')
  expect(clock.size).toBe(0)
})

function bound(harness: Harness) {
  return { clock: harness.clock, source: harness.source, play: () => harness.play() }
}
