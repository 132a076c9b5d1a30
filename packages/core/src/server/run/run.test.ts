import { describe, expect, test } from 'vitest'
import { Harness, readAll } from '../../../test/harness.ts'
import { StreamingError } from '../../errors.ts'
import { data, type Part } from '../../parts.ts'
import { settle } from '../../testing/index.ts'

describe('a run', () => {
  test('appends stream_start before it asks the provider', async () => {
    let firstSeen: unknown
    const harness = new Harness({
      definition: {
        model: 'gpt-5-mini',
        run: ({ streamId }) => {
          firstSeen = harness.log.open(streamId)?.last
          return harness.source.attempts as never
        },
      },
    })
    const stream = await harness.start()
    expect(firstSeen).toBe(1)
    const { events } = await readAll(stream)
    expect(events[0]).toEqual({
      type: 'stream_start',
      chunk_id: 1,
      stream_id: stream.record.streamId,
      stream: 'chat',
      model: 'gpt-5-mini',
      created_at: stream.record.createdAt,
    })
  })

  test('appends an event for each part, in order, and then the end', async () => {
    const harness = new Harness()
    const { sink, attempt } = await harness.play()
    await harness.clock.pass(200)
    attempt.push('He', { type: 'reasoning', content: 'hm' }, { type: 'content', content: 'llo' })
    attempt.push({ type: 'tool_call', index: 0, id: 'c', name: 'f', arguments: '{' }, data('city', { x: 1 }))
    await attempt.taken()
    await harness.clock.pass(300)
    const usage = { input_tokens: 1, output_tokens: 2, total_tokens: 3 }
    attempt.finish('tool_calls', usage)
    await sink.ended
    expect(sink.events.slice(1)).toEqual([
      { type: 'content_chunk', chunk_id: 2, content: 'He' },
      { type: 'reasoning_chunk', chunk_id: 3, content: 'hm' },
      { type: 'content_chunk', chunk_id: 4, content: 'llo' },
      { type: 'tool_call_chunk', chunk_id: 5, index: 0, id: 'c', name: 'f', arguments: '{' },
      { type: 'data_chunk', chunk_id: 6, name: 'city', data: { x: 1 } },
      {
        type: 'stream_complete',
        chunk_id: 7,
        finish_reason: 'tool_calls',
        usage,
        total_chunks: 5,
        ttft_ms: 200,
        duration_ms: 500,
      },
    ])
  })

  test('may say with its finish alone that the answer is empty', async () => {
    const { sink, attempt } = await new Harness().play()
    attempt.finish()
    await sink.ended
    expect(sink.events[1]).toMatchObject({
      type: 'stream_complete',
      finish_reason: 'stop',
      total_chunks: 0,
      ttft_ms: null,
    })
  })

  test.each<[string, readonly Part[]]>([
    ['nothing', []],
    ['empty text', ['', { type: 'reasoning', content: '' }]],
  ])(
    'that says %s and ends is an error, and asked again: its provider failed without a word',
    async (_what, parts) => {
      const harness = new Harness({ definition: { retry: { maxRetries: 1, baseMs: 1000 } } })
      const { sink, attempt } = await harness.play()
      attempt.push(...parts)
      attempt.end()
      await settle()
      const second = await harness.retried(1100)
      second.end()
      await sink.ended
      expect(sink.types).toEqual(['stream_start', 'stream_error'])
      expect(sink.events.at(-1)).toMatchObject({
        error_type: 'api_error',
        message: 'The provider’s answer was empty.',
        recoverable: true,
      })
    },
  )

  test.each([
    ['nothing', undefined],
    ['a promise', Promise.resolve()],
    ['a list', ['a', 'b']],
  ])('whose function returns %s names the mistake in the log', async (_what, returned) => {
    const harness = new Harness({ definition: { run: () => returned as never } })
    const stream = await harness.start()
    const { events } = await readAll(stream)
    expect(events.at(-1)).toMatchObject({ error_type: 'unexpected_error', recoverable: false })
    expect(harness.ends[0]?.error?.cause).toMatchObject({
      message: expect.stringContaining('async iterable'),
    })
  })

  test('cuts text that is larger than an event may be', async () => {
    const { sink, attempt } = await new Harness({ definition: { maxEventBytes: 256 } }).play()
    const text = '語👩‍👩‍👧‍👦\u0000'.repeat(100)
    attempt.push(text, { type: 'reasoning', content: text })
    attempt.finish()
    await sink.ended
    expect(sink.text).toBe(text)
    for (const json of sink.json) expect(Buffer.byteLength(json)).toBeLessThanOrEqual(256)
  })

  test('gives run what belongs to this start', async () => {
    const harness = new Harness()
    const stream = await harness.start({ input: { q: 1 }, context: { user: 'ada' }, owner: 'ada' })
    const { context } = await harness.source.asked()
    expect(context).toMatchObject({
      input: { q: 1 },
      context: { user: 'ada' },
      owner: 'ada',
      streamId: stream.record.streamId,
      attempt: 0,
    })
    expect(context.signal.aborted).toBe(false)
  })

  test.each([
    ['without anybody watching', false],
    ['with a viewer', true],
  ])('leaves the event loop its turns when its source never waits, %s', async (_how, isWatched) => {
    let isOver = false
    let yielded = 0
    async function* endless() {
      while (!isOver && yielded < 1_000_000) {
        yielded += 1
        yield 'x'
      }
    }
    const harness = new Harness({ definition: { run: endless } })
    const stream = await harness.start()
    if (isWatched) void readAll(stream)
    for (let turns = 0; turns < 20; turns++) await settle(1)
    isOver = true
    expect(yielded).toBeLessThan(25_000)
    expect(yielded).toBeGreaterThan(1000)
  })
})

describe('what a source must not yield', () => {
  test.each<[string, unknown]>([
    ['a number', 5],
    ['nothing', undefined],
    ['null', null],
    ['an object without a type', {}],
    ['a type that is no part’s', { type: 'stream_complete' }],
    ['text that is none', { type: 'content', content: 5 }],
    ['reasoning without text', { type: 'reasoning' }],
    ['a tool call without an index', { type: 'tool_call' }],
    ['data that is no JSON', { type: 'data', name: 'x', data: 1n }],
    ['data that is too large', data('x', 'sk-secret'.repeat(100_000))],
  ])('%s ends the stream with an error that gives nothing away', async (_what, junk) => {
    const harness = new Harness({ definition: { retry: { afterFirstChunk: 'restart' } } })
    const { sink, attempt } = await harness.play()
    attempt.push('before', junk as string)
    expect(await sink.ended).toBe('ended')
    expect(sink.text).toBe('before')
    expect(sink.events.at(-1)).toEqual({
      type: 'stream_error',
      chunk_id: 3,
      error_type: 'unexpected_error',
      message: new StreamingError('unexpected_error').message,
      recoverable: false,
    })
    await attempt.ended
    expect(harness.ends[0]?.error?.cause).toBeInstanceOf(Error)
    expect(harness.logged).toEqual([expect.objectContaining({ level: 'error' })])
  })

  test('anything at all reaches no other stream', async () => {
    const harness = new Harness()
    const [bad, good] = [await harness.play(), await harness.play()]
    bad.attempt.push(Symbol('junk') as never)
    good.attempt.push('fine')
    good.attempt.finish()
    await Promise.all([bad.sink.ended, good.sink.ended])
    expect(bad.sink.types.at(-1)).toBe('stream_error')
    expect(good.sink.types.at(-1)).toBe('stream_complete')
  })
})

describe('an error of the source', () => {
  test('that is no StreamingError is told without its message', async () => {
    const harness = new Harness()
    const { sink, attempt } = await harness.play()
    attempt.push('a')
    const cause = new Error('sk-secret in here')
    attempt.fail(cause)
    await sink.ended
    expect(sink.json.join()).not.toContain('sk-secret')
    expect(sink.events.at(-1)).toMatchObject({ error_type: 'unexpected_error' })
    expect(harness.ends[0]?.error?.cause).toBe(cause)
  })

  test('that run throws before it returns anything is an error of the stream', async () => {
    const harness = new Harness({
      definition: {
        run: () => {
          throw new StreamingError('authentication', 'The provider refused our key.')
        },
      },
    })
    const stream = await harness.start()
    const sink = await readAll(stream)
    expect(sink.events.at(-1)).toMatchObject({
      type: 'stream_error',
      error_type: 'authentication',
      message: 'The provider refused our key.',
      recoverable: false,
    })
  })

  test('carries what the wire may know of it', async () => {
    const { sink, attempt } = await new Harness({ definition: { retry: { maxRetries: 0 } } }).play()
    attempt.fail(new StreamingError('rate_limit', undefined, { retryAfterMs: 1500, context: { tier: 1 } }))
    await sink.ended
    expect(sink.events.at(-1)).toMatchObject({
      error_type: 'rate_limit',
      recoverable: true,
      retry_after: 1.5,
      context: { tier: 1 },
    })
  })
})
