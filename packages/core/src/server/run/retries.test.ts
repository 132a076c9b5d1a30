import { describe, expect, test } from 'vitest'
import { Harness } from '../../../test/harness.ts'
import { StreamingError } from '../../errors.ts'
import { settle } from '../../testing/index.ts'
import { type DecideRetry, type FailedAttempt, withBoundedRetryAfter } from './retries.ts'

function deciding(decide: DecideRetry): Harness {
  return new Harness({
    definition: {
      retry: {
        baseMs: 1000,
        floorMs: 1000,
        afterFirstChunk: 'restart',
        decide: { api_error: decide, authentication: decide },
      },
    },
  })
}

describe('a callback that decides on a retry', () => {
  test('is told what failed, and what the policy would do', async () => {
    const failures: FailedAttempt[] = []
    const harness = deciding((failure) => {
      failures.push(failure)
      return undefined
    })
    const { stream, attempt } = await harness.play()
    const error = new StreamingError('api_error')
    attempt.fail(error)
    await settle()
    const second = await harness.retried(1100)
    second.fail(new StreamingError('authentication'))
    await settle()
    const { streamId } = stream.record
    expect(failures).toEqual([
      { streamId, error, failures: 1, delayMs: 1000 },
      { streamId, error: new StreamingError('authentication'), failures: 2, delayMs: undefined },
    ])
  })

  test('is not asked about other errors', async () => {
    let asked = 0
    const harness = deciding(() => {
      asked += 1
      return { retry: false }
    })
    const { attempt } = await harness.play()
    attempt.fail(new StreamingError('server_overloaded'))
    await settle()
    await harness.retried(1100)
    expect(asked).toBe(0)
  })

  test('may veto a retry', async () => {
    const harness = deciding(() => ({ retry: false }))
    const { sink, attempt } = await harness.play()
    attempt.fail(new StreamingError('api_error'))
    await sink.ended
    expect(sink.events.at(-1)).toMatchObject({ error_type: 'api_error' })
  })

  test('may have an error retried that is not worth it by itself', async () => {
    const harness = deciding(() => ({ retry: true }))
    const { sink, attempt } = await harness.play()
    attempt.fail(new StreamingError('authentication'))
    await settle()
    const second = await harness.retried(1100)
    second.push('with a new key')
    second.finish()
    await sink.ended
    expect(sink.text).toBe('with a new key')
  })

  test('may change the delay', async () => {
    const harness = deciding(async () => ({ delayMs: 7000 }))
    const { attempt } = await harness.play()
    attempt.fail(new StreamingError('api_error'))
    await settle()
    await harness.clock.pass(6900)
    expect(harness.source.attempts).toHaveLength(1)
    await harness.clock.pass(200)
    expect(harness.source.attempts).toHaveLength(2)
  })

  test.each<[string, DecideRetry]>([
    [
      'throws',
      () => {
        throw new Error('mine')
      },
    ],
    ['rejects', () => Promise.reject(new Error('mine'))],
    ['never answers', () => new Promise(() => {})],
    ['answers nothing', () => undefined],
    ['answers a delay that is no number', () => ({ delayMs: Number.NaN })],
    ['answers a delay without end', () => ({ delayMs: Number.POSITIVE_INFINITY })],
    ['answers a delay into the past', () => ({ delayMs: -5 })],
  ])('that %s changes nothing', async (_how, decide) => {
    const harness = deciding(decide)
    const { sink, attempt } = await harness.play()
    attempt.fail(new StreamingError('api_error'))
    await settle()
    await harness.clock.pass(900)
    expect(harness.source.attempts).toHaveLength(1)
    // A second of patience at most, and then the policy's own second.
    const second = await harness.retried(1300)
    second.push('b')
    second.finish()
    await sink.ended
    expect(sink.text).toBe('b')
  })

  test('that is asked while the stream is cancelled has no say any more', async () => {
    let answer: (recovery: { retry: true }) => void = () => {}
    const harness = deciding(
      () =>
        new Promise((resolve) => {
          answer = resolve
        }),
    )
    const { stream, sink, attempt } = await harness.play()
    attempt.fail(new StreamingError('api_error'))
    await settle()
    await harness.hub.cancel({ streamId: stream.record.streamId })
    await sink.ended
    answer({ retry: true })
    await settle()
    await harness.clock.pass(60_000)
    expect(sink.types).toEqual(['stream_start', 'stream_cancelled'])
    expect(harness.source.attempts).toHaveLength(1)
  })
})

test.each([
  [Number.NaN, undefined],
  [-1, undefined],
  [Number.POSITIVE_INFINITY, 1000],
  [1001, 1000],
  [0, 0],
])('a wait of %d ms is told as %j', (retryAfterMs, told) => {
  const error = new StreamingError('rate_limit', 'x', { retryAfterMs })
  expect(withBoundedRetryAfter(error, { maxRetryAfterMs: 1000 }).retryAfterMs).toBe(told)
})
