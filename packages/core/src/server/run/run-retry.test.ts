import { describe, expect, test } from 'vitest'
import { Harness, type Scene } from '../../../test/harness.ts'
import { StreamingError } from '../../errors.ts'
import type { Part } from '../../parts.ts'
import { settle } from '../../testing/index.ts'
import type { RunRetry } from './retries.ts'

const overloaded = () => new StreamingError('server_overloaded')

function retrying(retry: RunRetry): Harness {
  return new Harness({ definition: { retry: { baseMs: 1000, ...retry } } })
}

describe('a failure before the first chunk', () => {
  test('is retried without a sign of it', async () => {
    const harness = retrying({})
    const { sink, attempt } = await harness.play()
    attempt.fail(overloaded())
    await settle()
    const second = await harness.retried(1100)
    expect(second.context.attempt).toBe(1)
    second.push('answer')
    second.finish()
    await sink.ended
    expect(sink.types).toEqual(['stream_start', 'content_chunk', 'stream_complete'])
    expect(harness.ends).toMatchObject([{ outcome: 'completed', text: 'answer' }])
  })

  test.each<[string, Part]>([
    ['text', ''],
    ['content', { type: 'content', content: '' }],
    ['reasoning', { type: 'reasoning', content: '' }],
  ])('is one after empty %s, too: nobody has seen that', async (_what, part) => {
    const harness = retrying({})
    const { sink, attempt } = await harness.play()
    attempt.push(part)
    attempt.fail(overloaded())
    await settle()
    const second = await harness.retried(1100)
    await harness.clock.pass(200)
    second.push('answer')
    second.finish()
    await sink.ended
    expect(sink.types).toEqual(['stream_start', 'content_chunk', 'stream_complete'])
    expect(sink.events.at(-1)).toMatchObject({ ttft_ms: harness.clock.now() })
  })

  test('is retried with a new signal; the failed attempt’s is aborted', async () => {
    const harness = retrying({})
    const { attempt } = await harness.play()
    attempt.fail(overloaded())
    await attempt.aborted
    const second = await harness.retried(1100)
    expect(second.context.signal).not.toBe(attempt.context.signal)
    expect(second.isAborted).toBe(false)
  })

  test('is retried twice, then the stream ends with it', async () => {
    const harness = retrying({})
    const { sink, attempt } = await harness.play()
    attempt.fail(overloaded())
    for (const waitMs of [1100, 2100]) {
      await settle()
      const next = await harness.retried(waitMs)
      next.fail(overloaded())
    }
    await sink.ended
    expect(sink.events.at(-1)).toMatchObject({ error_type: 'server_overloaded', retry_count: 2 })
    await harness.clock.pass(60_000)
    expect(harness.source.attempts).toHaveLength(3)
  })

  test('is not retried when waiting does not mend it', async () => {
    const harness = retrying({})
    const { sink, attempt } = await harness.play()
    attempt.fail(new StreamingError('quota_exceeded'))
    await sink.ended
    await harness.clock.pass(60_000)
    expect(harness.source.attempts).toHaveLength(1)
  })

  test('waits at least as long as the provider said', async () => {
    const harness = retrying({})
    const { attempt } = await harness.play()
    attempt.fail(new StreamingError('rate_limit', undefined, { retryAfterMs: 20_000 }))
    await settle()
    await harness.clock.pass(20_000 - 100)
    expect(harness.source.attempts).toHaveLength(1)
    await harness.clock.pass(1300)
    expect(harness.source.attempts).toHaveLength(2)
  })

  test('is not retried when the provider says a longer time than maxElapsedMs', async () => {
    const harness = retrying({ maxElapsedMs: 10_000 })
    const { sink, attempt } = await harness.play()
    attempt.fail(new StreamingError('rate_limit', undefined, { retryAfterMs: 20_000 }))
    await sink.ended
    expect(sink.events.at(-1)).toMatchObject({ error_type: 'rate_limit', retry_after: 20 })
  })

  test('by a silent provider is retried as any other', async () => {
    const harness = retrying({})
    const { sink } = await harness.play()
    await harness.clock.pass(300_100)
    const second = await harness.retried(1100)
    second.push('late')
    second.finish()
    await sink.ended
    expect(sink.text).toBe('late')
  })
})

describe('a failure after the first chunk', () => {
  test('ends the stream, unless it is said otherwise', async () => {
    const harness = retrying({})
    const { sink, attempt } = await harness.play()
    attempt.push('half')
    attempt.fail(overloaded())
    await sink.ended
    expect(sink.types).toEqual(['stream_start', 'content_chunk', 'stream_error'])
    await harness.clock.pass(60_000)
    expect(harness.source.attempts).toHaveLength(1)
  })

  test('with `restart` voids what came, and asks again', async () => {
    const harness = retrying({ afterFirstChunk: 'restart' })
    const { sink, attempt } = await harness.play()
    attempt.push('wrong ', 'answer', { type: 'reasoning', content: 'bad' }, { type: 'tool_call', index: 0 })
    attempt.fail(overloaded())
    await settle()
    expect(sink.events.at(-1)).toEqual({
      type: 'stream_retry',
      chunk_id: 6,
      error_type: 'server_overloaded',
      retry_count: 1,
      delay_ms: expect.any(Number),
      keep_until: 1,
    })
    expect(sink.text).toBe('')
    const second = await harness.retried(1100)
    second.push('right answer')
    second.finish()
    await sink.ended
    expect(sink.text).toBe('right answer')
    expect(sink.events.at(-1)).toMatchObject({ type: 'stream_complete', total_chunks: 5 })
    expect(harness.ends).toMatchObject([{ text: 'right answer', reasoning: '', toolCalls: [] }])
  })

  test('with `restart` ends the stream when the tries are used up', async () => {
    const harness = retrying({ afterFirstChunk: 'restart', maxRetries: 1 })
    const { sink, attempt } = await harness.play()
    attempt.push('one')
    attempt.fail(overloaded())
    await settle()
    const second = await harness.retried(1100)
    second.push('two')
    second.fail(overloaded())
    await sink.ended
    expect(sink.types).toEqual([
      'stream_start',
      'content_chunk',
      'stream_retry',
      'content_chunk',
      'stream_error',
    ])
    expect(sink.text).toBe('two')
  })

  test('forgets earlier failures only after a stable time', async () => {
    const harness = retrying({ afterFirstChunk: 'restart', maxRetries: 1, stableMs: 5000 })
    const { sink, attempt } = await harness.play()
    attempt.push('one')
    attempt.fail(overloaded())
    await settle()
    const second = await harness.retried(1100)
    second.push('two')
    await second.taken()
    await harness.clock.pass(5000)
    second.fail(overloaded())
    await settle()
    const third = await harness.retried(1100)
    third.push('three')
    third.finish()
    await sink.ended
    expect(sink.text).toBe('three')
  })
})

describe('an attempt that was given up', () => {
  const giveUp = async (): Promise<Scene & { harness: Harness }> => {
    const harness = new Harness({
      source: { heedsAbort: false },
      definition: { timeouts: { chunkMs: 1000 }, retry: { afterFirstChunk: 'restart', baseMs: 1000 } },
    })
    const scene = await harness.play()
    scene.attempt.push('old')
    await scene.attempt.taken()
    await harness.clock.pass(1200)
    expect(scene.attempt.isAborted).toBe(true)
    return { ...scene, harness }
  }

  test('is not heard while the next one is waited for', async () => {
    const { harness, sink, attempt } = await giveUp()
    attempt.push('late')
    await attempt.ended
    const second = await harness.retried(1100)
    second.push('new')
    second.finish()
    await sink.ended
    expect(sink.text).toBe('new')
  })

  test.each([
    ['talks', 'push'],
    ['finishes', 'finish'],
    ['ends', 'end'],
    ['fails', 'fail'],
  ] as const)('is not heard when it %s into the next one', async (_what, act) => {
    const { harness, sink, attempt } = await giveUp()
    const second = await harness.retried(1100)
    second.push('new')
    await second.taken()
    if (act === 'push') attempt.push('late')
    else if (act === 'fail') attempt.fail(new Error('late'))
    else attempt[act]()
    await attempt.ended
    await settle()
    second.push('er')
    second.finish()
    await sink.ended
    expect(sink.text).toBe('newer')
    expect(harness.ends).toHaveLength(1)
  })
})
