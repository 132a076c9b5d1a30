import { describe, expect, test } from 'vitest'
import { Harness } from '../../../test/harness.ts'
import { StreamingError } from '../../errors.ts'
import type { Part } from '../../parts.ts'
import { settle } from '../../testing/index.ts'
import { Transcript } from '../../transcript.ts'

const coalescing = (definition: object = {}) =>
  new Harness({ definition: { coalesce: { maxDelayMs: 1000 }, ...definition } })

describe('with coalesce', () => {
  test('the first text goes out at once, though an empty one came before', async () => {
    const { sink, attempt } = await coalescing().play()
    attempt.push({ type: 'tool_call', index: 0 }, '', 'first', 'then', ' more')
    await settle()
    expect(sink.text).toBe('first')
  })

  test('the first text of a new attempt goes out at once as well', async () => {
    const harness = coalescing({ retry: { afterFirstChunk: 'restart', baseMs: 1000 } })
    const { sink, attempt } = await harness.play()
    attempt.push('wrong', ' answer')
    await attempt.taken()
    attempt.fail(new StreamingError('api_error'))
    await settle()
    const second = await harness.retried(1100)
    second.push('right', ' answer')
    await settle()
    expect(sink.text).toBe('right')
    second.finish()
    await sink.ended
    expect(sink.text).toBe('right answer')
    expect(sink.events.filter(({ type }) => type === 'content_chunk')).toHaveLength(3)
  })

  test('what waits comes before what follows it, and before the end', async () => {
    const { sink, attempt } = await coalescing().play()
    attempt.push(
      'a',
      'b',
      'c',
      { type: 'tool_call', index: 0 },
      'd',
      { type: 'reasoning', content: 'e' },
      'f',
    )
    attempt.finish()
    await sink.ended
    expect(
      sink.events.slice(1, -1).map((event) => ('content' in event ? event.content : event.type)),
    ).toEqual(['a', 'bc', 'tool_call_chunk', 'd', 'e', 'f'])
  })

  test.each(['an error', 'a cancel'])('what waits is not lost to %s', async (how) => {
    const harness = coalescing()
    const { stream, sink, attempt } = await harness.play()
    attempt.push('a', 'b', 'c')
    await attempt.taken()
    if (how === 'an error') attempt.fail(new Error('no'))
    else await harness.hub.cancel({ streamId: stream.record.streamId })
    await sink.ended
    expect(sink.text).toBe('abc')
    expect(harness.ends).toMatchObject([{ text: 'abc' }])
  })

  test('what waits goes out when its time has come', async () => {
    const harness = coalescing()
    const { sink, attempt } = await harness.play()
    attempt.push('a', 'b')
    await attempt.taken()
    await harness.clock.pass(900)
    expect(sink.text).toBe('a')
    await harness.clock.pass(200)
    expect(sink.text).toBe('ab')
  })
})

test('large text is appended piece by piece, as the log has room', async () => {
  const harness = new Harness({
    log: { maxStreamBytes: 8192, resumeMarginBytes: 0 },
    definition: { maxEventBytes: 1024 },
  })
  const { sink, attempt } = await harness.play({ limit: 1 })
  const text = '語'.repeat(20_000)
  attempt.push(text)
  await settle()
  expect(harness.log.byteLength).toBeLessThanOrEqual(8192 + 2048)
  sink.viewer.allow(Number.POSITIVE_INFINITY)
  await attempt.taken()
  attempt.finish()
  await sink.ended
  expect(sink.text).toBe(text)
})

describe('tool calls', () => {
  const calls = async (...parts: Part[]) => {
    const harness = new Harness()
    const { sink, attempt } = await harness.play()
    attempt.push(...parts)
    attempt.finish()
    await sink.ended
    const transcript = new Transcript()
    for (const event of sink.events) transcript.apply(event)
    expect(harness.ends[0]!.toolCalls).toEqual(transcript.toolCalls)
    return transcript.toolCalls
  }

  test('two of them at one index, told apart by their ids, are two', async () => {
    expect(
      await calls(
        { type: 'tool_call', index: 0, id: 'call_1', name: 'time', arguments: '{"in":"Lyon"}' },
        { type: 'tool_call', index: 0, id: 'call_2', name: 'dice', arguments: '{"sides":6}' },
      ),
    ).toEqual([
      { index: 0, id: 'call_1', name: 'time', arguments: '{"in":"Lyon"}' },
      { index: 1, id: 'call_2', name: 'dice', arguments: '{"sides":6}' },
    ])
  })

  test('one whose id a later fragment blanks is one', async () => {
    expect(
      await calls(
        { type: 'tool_call', index: 0, id: 'call_1', name: 'time', arguments: '{"in":' },
        { type: 'tool_call', index: 0, id: '', name: '', arguments: '"Lyon"}' },
      ),
    ).toEqual([{ index: 0, id: 'call_1', name: 'time', arguments: '{"in":"Lyon"}' }])
  })

  test('those of an attempt that failed are void, and their numbers do not come again', async () => {
    const harness = new Harness({ definition: { retry: { afterFirstChunk: 'restart', baseMs: 1000 } } })
    const { sink, attempt } = await harness.play()
    attempt.push({ type: 'tool_call', index: 0, arguments: '{"void' })
    await attempt.taken()
    attempt.fail(new StreamingError('api_error'))
    const second = await harness.retried(1100)
    second.push({ type: 'tool_call', index: 0, arguments: '{}' })
    second.finish()
    await sink.ended
    expect(harness.ends[0]!.toolCalls).toEqual([{ index: 1, id: null, name: null, arguments: '{}' }])
  })
})

test('data is told as viewers get it, whatever becomes of the object that was yielded', async () => {
  const harness = new Harness()
  const { sink, attempt } = await harness.play()
  const value = { at: new Date(0), count: 1 }
  attempt.push({ type: 'data', name: 'progress', data: value })
  await attempt.taken()
  value.count = 2
  attempt.finish()
  await sink.ended
  expect(harness.ends[0]!.data).toMatchObject([
    { name: 'progress', data: { at: '1970-01-01T00:00:00.000Z', count: 1 } },
  ])
})

test('a file that is too large for one event is an error that says what to do', async () => {
  const harness = new Harness({ definition: { maxEventBytes: 1024 } })
  const { sink, attempt } = await harness.play()
  attempt.push({ type: 'file', mediaType: 'image/png', data: 'AAAA'.repeat(300) })
  await sink.ended
  const { message } = harness.ends[0]!.error!.cause as Error
  expect(message).toBe(
    'run yielded a file part that is larger than maxEventBytes (1024): store it and yield its url.',
  )
})
