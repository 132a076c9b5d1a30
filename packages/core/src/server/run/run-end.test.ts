import { describe, expect, test } from 'vitest'
import { Harness } from '../../../test/harness.ts'
import { StreamingError } from '../../errors.ts'
import { settle } from '../../testing/index.ts'

describe('cancelling a run', () => {
  test('ends it, aborts its signal, and is told with its reason', async () => {
    const harness = new Harness()
    const { stream, sink, attempt } = await harness.play()
    attempt.push('a')
    await attempt.taken()
    await harness.hub.cancel({ streamId: stream.record.streamId, reason: 'not wanted' })
    await attempt.aborted
    await attempt.ended
    await sink.ended
    expect(sink.events.at(-1)).toEqual({ type: 'stream_cancelled', chunk_id: 3, reason: 'not wanted' })
    expect(harness.ends).toMatchObject([{ outcome: 'cancelled', text: 'a', error: undefined }])
  })

  test('twice, or after the end, changes nothing', async () => {
    const harness = new Harness()
    const { stream, sink, attempt } = await harness.play()
    const { streamId } = stream.record
    attempt.finish()
    await sink.ended
    await harness.hub.cancel({ streamId })
    await harness.hub.cancel({ streamId })
    await settle()
    expect([stream.last, harness.ends.length, attempt.isAborted]).toEqual([2, 1, false])
  })

  test('before the first chunk works as well', async () => {
    const harness = new Harness()
    const { stream, sink, attempt } = await harness.play()
    await harness.hub.cancel({ streamId: stream.record.streamId })
    await attempt.aborted
    await sink.ended
    expect(sink.types).toEqual(['stream_start', 'stream_cancelled'])
  })

  test('while it waits for a retry means that there is none', async () => {
    const harness = new Harness()
    const { stream, sink, attempt } = await harness.play()
    attempt.fail(new StreamingError('api_error'))
    await settle()
    await harness.hub.cancel({ streamId: stream.record.streamId })
    await sink.ended
    await harness.clock.pass(120_000)
    expect(harness.source.attempts).toHaveLength(1)
    expect([sink.types, harness.ends.length]).toEqual([['stream_start', 'stream_cancelled'], 1])
  })

  test('a source that does not heed it is not heard any more', async () => {
    const harness = new Harness({ source: { heedsAbort: false } })
    const { stream, sink, attempt } = await harness.play()
    attempt.push('a')
    await attempt.taken()
    await harness.hub.cancel({ streamId: stream.record.streamId })
    attempt.push('late')
    attempt.finish()
    await attempt.ended
    await settle()
    expect([sink.text, stream.last, harness.ends.length]).toEqual(['a', 3, 1])
  })
})

describe('onEnd', () => {
  test('is told once of a whole answer', async () => {
    const harness = new Harness()
    const stream = await harness.start({ owner: 'ada' })
    const attempt = await harness.source.asked()
    await harness.clock.pass(100)
    attempt.push('Hel', { type: 'reasoning', content: 'th' }, 'lo', { type: 'reasoning', content: 'ink' })
    attempt.push({ type: 'tool_call', index: 1, id: 'b', name: 'g', arguments: '{"q"' })
    attempt.push({ type: 'tool_call', index: 0, id: 'a', name: 'f' })
    attempt.push({ type: 'tool_call', index: 1, arguments: ':1}' })
    await attempt.taken()
    await harness.clock.pass(100)
    const usage = { input_tokens: 1, output_tokens: 2, total_tokens: 3 }
    attempt.finish('tool_calls', usage)
    await settle()
    expect(harness.ends).toEqual([
      {
        streamId: stream.record.streamId,
        stream: 'chat',
        owner: 'ada',
        outcome: 'completed',
        text: 'Hello',
        reasoning: 'think',
        toolCalls: [
          { index: 0, id: 'b', name: 'g', arguments: '{"q":1}' },
          { index: 1, id: 'a', name: 'f', arguments: '' },
        ],
        data: [],
        sources: [],
        files: [],
        order: [
          { type: 'text', chunkId: 2, from: 0 },
          { type: 'reasoning', chunkId: 3, from: 0 },
          { type: 'text', chunkId: 4, from: 3 },
          { type: 'reasoning', chunkId: 5, from: 2 },
          { type: 'tool_call', chunkId: 6, from: 0 },
          { type: 'tool_call', chunkId: 7, from: 0 },
        ],
        rounds: [{ finishReason: 'tool_calls', usage }],
        usage,
        finishReason: 'tool_calls',
        error: undefined,
        createdAt: stream.record.createdAt,
        ttftMs: 100,
        durationMs: 200,
        totalChunks: 7,
      },
    ])
  })

  test('is told of what there was when the answer broke off', async () => {
    const harness = new Harness()
    const { sink, attempt } = await harness.play()
    attempt.push('half an ans')
    const error = new StreamingError('connection_lost')
    attempt.fail(error)
    await sink.ended
    expect(harness.ends).toMatchObject([{ outcome: 'error', text: 'half an ans', error }])
  })

  test.each([
    ['throws', () => Promise.reject(new Error('database'))],
    [
      'throws at once',
      () => {
        throw new Error('database')
      },
    ],
    ['never comes back', () => new Promise<void>(() => {})],
  ])('that %s harms neither its stream nor another', async (_how, onEnd) => {
    const harness = new Harness({ definition: { onEnd } })
    const [one, two] = [await harness.play(), await harness.play()]
    one.attempt.finish()
    two.attempt.push('b')
    two.attempt.finish()
    expect(await Promise.all([one.sink.ended, two.sink.ended])).toEqual(['ended', 'ended'])
    expect(two.sink.types.at(-1)).toBe('stream_complete')
    expect(harness.hub.load).toEqual({ streams: 0, viewers: 0 })
    await settle()
    const errors = harness.logged.filter(({ level }) => level === 'error')
    expect(errors.length).toBe(_how === 'never comes back' ? 0 : 2)
  })

  test('finds the last event in the log already', async () => {
    let seen: unknown
    const harness = new Harness({
      definition: {
        onEnd: ({ streamId }) => {
          seen = harness.log.open(streamId)?.ended
        },
      },
    })
    const { sink, attempt } = await harness.play()
    attempt.finish()
    await sink.ended
    expect(seen).toBe(true)
  })
})
