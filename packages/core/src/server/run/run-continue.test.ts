import { describe, expect, test } from 'vitest'
import { Harness } from '../../../test/harness.ts'
import { StreamingError } from '../../errors.ts'
import { settle } from '../../testing/index.ts'
import type { StreamDefinition } from '../definition/define-stream.ts'

function continuing(definition: Partial<StreamDefinition> = {}): Harness {
  return new Harness({ definition: { retry: { afterFirstChunk: 'continue', baseMs: 1000 }, ...definition } })
}

describe('afterFirstChunk: continue', () => {
  test('keeps what came, tells the next attempt, and appends what that yields', async () => {
    const harness = continuing()
    const { sink, attempt } = await harness.play()
    expect(attempt.context.soFar).toEqual({ text: '', reasoning: '', toolCalls: [] })
    attempt.push({ type: 'reasoning', content: 'Hm.' }, 'The ans')
    attempt.fail(new StreamingError('connection_lost'))
    await settle()
    const second = await harness.retried(1100)
    expect(second.context.soFar).toEqual({ text: 'The ans', reasoning: 'Hm.', toolCalls: [] })
    second.push('wer.')
    second.finish()
    await sink.ended
    expect(sink.text).toBe('The answer.')
    expect(sink.events.find(({ type }) => type === 'stream_retry')).toMatchObject({
      chunk_id: 4,
      keep_until: 3,
    })
    expect(harness.ends).toMatchObject([{ text: 'The answer.', reasoning: 'Hm.', outcome: 'completed' }])
  })

  test('tells it without onEnd, too', async () => {
    const harness = continuing({ onEnd: undefined } as never)
    const { attempt } = await harness.play()
    attempt.push('a')
    attempt.fail(new StreamingError('connection_lost'))
    await settle()
    expect((await harness.retried(1100)).context.soFar.text).toBe('a')
  })

  test('keeps what waits to be joined with more', async () => {
    const harness = continuing({ coalesce: { maxDelayMs: 10_000 } })
    const { sink, attempt } = await harness.play()
    attempt.push('a', 'b', 'c')
    attempt.fail(new StreamingError('connection_lost'))
    await settle()
    const second = await harness.retried(1100)
    expect(second.context.soFar.text).toBe('abc')
    second.push('d')
    second.finish()
    await sink.ended
    expect(sink.text).toBe('abcd')
  })

  test('goes on as often as the policy allows, and a failure before the first new chunk leaves no sign', async () => {
    const harness = continuing()
    const { sink, attempt } = await harness.play()
    attempt.push('a')
    attempt.fail(new StreamingError('connection_lost'))
    await settle()
    const second = await harness.retried(1100)
    second.fail(new StreamingError('server_overloaded'))
    await settle()
    const third = await harness.retried(2100)
    expect(third.context).toMatchObject({ attempt: 2, soFar: { text: 'a' } })
    third.push('b')
    third.finish()
    await sink.ended
    expect(sink.types).toEqual([
      'stream_start',
      'content_chunk',
      'stream_retry',
      'content_chunk',
      'stream_complete',
    ])
  })

  test('begins anew after half a tool call, which nothing can go on from', async () => {
    const harness = continuing()
    const { sink, attempt } = await harness.play()
    attempt.push('I look it up. ', { type: 'tool_call', index: 0, id: 'x', name: 'f', arguments: '{"q":' })
    attempt.fail(new StreamingError('connection_lost'))
    await settle()
    expect(sink.events.at(-1)).toMatchObject({ type: 'stream_retry', keep_until: 1 })
    const second = await harness.retried(1100)
    expect(second.context.soFar).toEqual({ text: '', reasoning: '', toolCalls: [] })
    second.push('new')
    second.finish()
    await sink.ended
    expect(sink.text).toBe('new')
  })

  test('keeps the calls of a round that has finished', async () => {
    const harness = continuing()
    const { sink, attempt } = await harness.play()
    attempt.push({ type: 'tool_call', index: 0, id: 'x', name: 'f', arguments: '{}' })
    attempt.push({ type: 'finish', finishReason: 'tool_calls' }, 'It is')
    attempt.fail(new StreamingError('connection_lost'))
    await settle()
    const second = await harness.retried(1100)
    expect(second.context.soFar).toMatchObject({ text: 'It is', toolCalls: [{ id: 'x', name: 'f' }] })
    second.push(' warm.')
    second.finish()
    await sink.ended
    expect(sink.text).toBe('It is warm.')
  })
})

describe('a wait that the provider asks for', () => {
  test.each([
    ['an hour', undefined, 3600],
    ['what the definition says', 5000, 5],
  ])('is told to pages up to %s', async (_what, maxRetryAfterMs, seconds) => {
    const harness = new Harness({
      definition: { retry: { ...(maxRetryAfterMs !== undefined && { maxRetryAfterMs }) } },
    })
    const { sink, attempt } = await harness.play()
    const error = new StreamingError('rate_limit', 'Later.', {
      retryAfterMs: 999_999_999_000,
      context: { model: 'm' },
      recoverable: false,
    })
    attempt.fail(error)
    await sink.ended
    expect(sink.events.at(-1)).toMatchObject({
      error_type: 'rate_limit',
      message: 'Later.',
      recoverable: false,
      context: { model: 'm' },
      retry_after: seconds,
    })
    expect(harness.ends[0]?.error?.retryAfterMs).toBe(seconds * 1000)
  })

  test('is waited for up to the bound', async () => {
    const harness = new Harness({ definition: { retry: { maxRetryAfterMs: 5000, baseMs: 1000 } } })
    const { attempt } = await harness.play()
    attempt.fail(new StreamingError('rate_limit', undefined, { retryAfterMs: 999_999_999_000 }))
    await settle()
    await harness.clock.pass(4900)
    expect(harness.source.attempts).toHaveLength(1)
    await harness.clock.pass(1200)
    expect(harness.source.attempts).toHaveLength(2)
  })
})
