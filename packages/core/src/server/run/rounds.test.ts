import { describe, expect, test } from 'vitest'
import { Harness } from '../../../test/harness.ts'
import { StreamingError } from '../../errors.ts'
import { type Part, toolResult } from '../../parts.ts'
import { recordingSink, settle } from '../../testing/index.ts'

const call = { type: 'tool_call', index: 0, id: 'a', name: 'f', arguments: '{}' } as const
const finish = (finishReason: string, tokens?: number) =>
  ({
    type: 'finish',
    finishReason,
    ...(tokens !== undefined && {
      usage: { input_tokens: tokens, output_tokens: 1, total_tokens: tokens + 1, reasoning_tokens: tokens },
    }),
  }) as const

describe('parts after a finish', () => {
  test('are the next round, and the usage is that of all rounds', async () => {
    const harness = new Harness()
    const { sink, attempt } = await harness.play()
    attempt.push('Let me see.', call, finish('tool_calls', 10))
    attempt.push('It is ', 'warm.', finish('length', 20))
    attempt.end()
    await sink.ended
    const usage = { input_tokens: 30, output_tokens: 2, total_tokens: 32, reasoning_tokens: 30 }
    expect(sink.text).toBe('Let me see.It is warm.')
    expect(sink.events.at(-1)).toMatchObject({ type: 'stream_complete', finish_reason: 'length', usage })
    expect(harness.ends).toMatchObject([{ text: 'Let me see.It is warm.', finishReason: 'length', usage }])
  })

  test('need no finish of their own', async () => {
    const { sink, attempt } = await new Harness().play()
    attempt.push('a', finish('length', 1), 'b')
    attempt.end()
    await sink.ended
    expect(sink.events.at(-1)).toMatchObject({ finish_reason: 'stop', usage: { input_tokens: 1 } })
  })

  test('may take as long as the first part of an attempt', async () => {
    const harness = new Harness({ definition: { timeouts: { firstChunkMs: 60_000, chunkMs: 1000 } } })
    const { sink, attempt } = await harness.play()
    attempt.push('a', call, finish('tool_calls'))
    await attempt.taken()
    await harness.clock.pass(59_000)
    attempt.push('b')
    await attempt.taken()
    await harness.clock.pass(1100)
    await sink.ended
    expect(sink.text).toBe('ab')
    expect(sink.events.at(-1)).toMatchObject({ error_type: 'chunk_timeout' })
  })
})

describe('after the result of a tool', () => {
  const timeouts = { firstChunkMs: 60_000, chunkMs: 1000 }

  test('the next tool, and the model, may take as long as the first part of an attempt', async () => {
    const harness = new Harness({ definition: { timeouts, retry: { maxRetries: 0 } } })
    const { sink, attempt } = await harness.play()
    attempt.push('a', call, { ...call, index: 1, id: 'b' }, finish('tool_calls'))
    for (const id of ['a', 'b']) {
      await attempt.taken()
      await harness.clock.pass(59_000)
      attempt.push(toolResult(id, 1))
    }
    await attempt.taken()
    await harness.clock.pass(59_000)
    attempt.push('b')
    await attempt.taken()
    await harness.clock.pass(1100)
    await sink.ended
    expect(sink.text).toBe('ab')
    expect(sink.events.at(-1)).toMatchObject({ error_type: 'chunk_timeout' })
  })

  test('it is so, too, if the run had to wait for its viewers there', async () => {
    const harness = new Harness({ definition: { timeouts, leadChunks: 2 } })
    const handle = await harness.start()
    const attempt = await harness.source.asked()
    attempt.push(call, toolResult('a', 1))
    await settle()
    const sink = recordingSink()
    sink.watch(handle)
    await settle()
    await harness.clock.pass(59_000)
    attempt.push('b', finish('stop'))
    attempt.end()
    await sink.ended
    expect(sink.events.at(-1)).toMatchObject({ type: 'stream_complete' })
  })

  test('a failure after the finish takes nothing away from the answer', async () => {
    const { sink, attempt } = await new Harness().play()
    attempt.push(call, toolResult('a', 1), 'It is warm.', finish('stop'))
    attempt.fail(new StreamingError('connection_lost'))
    await sink.ended
    expect(sink.events.at(-1)).toMatchObject({ type: 'stream_complete', finish_reason: 'stop' })
  })

  test.each([
    ['all calls have theirs', [call, toolResult('a', 1)], true],
    ['one call has none', [call, { ...call, id: 'b' }, toolResult('a', 1)], false],
    ['a call without an id has none', [{ ...call, id: undefined }, toolResult('a', 1)], false],
  ] as const)('an answer is gone on with if %s: %j', async (_, parts, isKept) => {
    const harness = new Harness({ definition: { retry: { afterFirstChunk: 'continue', baseMs: 1000 } } })
    const { sink, attempt } = await harness.play()
    attempt.push('a', ...(parts as readonly Part[]), 'b')
    attempt.fail(new StreamingError('connection_lost'))
    await settle()
    const second = await harness.retried(1100)
    second.push('c')
    second.finish()
    await sink.ended
    expect(harness.ends).toMatchObject([{ text: isKept ? 'abc' : 'c' }])
  })
})

describe('after a finish, an attempt that failed', () => {
  test.each([
    ['after output', ['a', call]],
    ['before output', []],
  ] as const)('%s does not make an empty one after it a whole answer', async (_, parts) => {
    const harness = new Harness({ definition: { retry: { afterFirstChunk: 'continue', baseMs: 1000 } } })
    const { sink, attempt } = await harness.play()
    attempt.push(...parts, finish('tool_calls'))
    attempt.fail(new StreamingError('connection_lost'))
    await settle()
    const second = await harness.retried(1100)
    second.end()
    await settle()
    const third = await harness.retried(2100)
    third.push('b')
    third.finish()
    await sink.ended
    expect(harness.source.attempts).toHaveLength(3)
    expect(sink.events.at(-1)).toMatchObject({ type: 'stream_complete', finish_reason: 'stop' })
  })
})

describe('after a finish that ends the answer', () => {
  test('a source that fails takes nothing away from it', async () => {
    const harness = new Harness({ definition: { retry: { afterFirstChunk: 'restart' } } })
    const { sink, attempt } = await harness.play()
    attempt.push('whole', finish('stop', 1))
    attempt.fail(new StreamingError('connection_lost'))
    await sink.ended
    expect(sink.events.at(-1)).toMatchObject({ type: 'stream_complete', finish_reason: 'stop' })
    expect(harness.source.attempts).toHaveLength(1)
  })

  test('a source that never ends is left, and cleans up', async () => {
    const harness = new Harness({ definition: { timeouts: { firstChunkMs: 5000 } } })
    const { sink, attempt } = await harness.play()
    attempt.push('whole', finish('stop'))
    await attempt.taken()
    await harness.clock.pass(5100)
    await sink.ended
    await attempt.aborted
    await attempt.ended
    expect(sink.events.at(-1)).toMatchObject({ type: 'stream_complete' })
  })
})

describe('after a finish that asks for a tool', () => {
  test.each([
    ['said so', finish('tool_calls')],
    ['did not say so', finish('stop')],
  ])('a failure is one of the answer, if the provider %s', async (_how, finished) => {
    const { sink, attempt } = await new Harness().play()
    attempt.push(call, finished)
    attempt.fail(new StreamingError('rate_limit'))
    await sink.ended
    expect(sink.events.at(-1)).toMatchObject({ error_type: 'rate_limit' })
  })

  test('the end of the source is the end of the answer: the application calls the tool', async () => {
    const { sink, attempt } = await new Harness().play()
    attempt.push(call)
    attempt.finish('tool_calls')
    await sink.ended
    expect(sink.events.at(-1)).toMatchObject({ type: 'stream_complete', finish_reason: 'tool_calls' })
  })

  test('a restart forgets the rounds, and what they used', async () => {
    const harness = new Harness({ definition: { retry: { afterFirstChunk: 'restart', baseMs: 1000 } } })
    const { sink, attempt } = await harness.play()
    attempt.push(call, finish('tool_calls', 10))
    attempt.fail(new StreamingError('api_error'))
    await settle()
    const second = await harness.retried(1100)
    second.push('b', finish('stop', 3))
    second.end()
    await sink.ended
    expect(sink.events.at(-1)).toMatchObject({ usage: { input_tokens: 3 } })
  })
})

test('onEnd has every round with the provider’s own message, which no viewer sees', async () => {
  const harness = new Harness()
  const { sink, attempt } = await harness.play()
  const usage = { input_tokens: 1, output_tokens: 2, total_tokens: 3, details: { searches: 2 } }
  const messages = [
    { role: 'assistant', signature: 'secret-1' },
    { role: 'assistant', signature: 'secret-2' },
  ]
  attempt.push(call, { type: 'finish', finishReason: 'tool_calls', usage, message: messages[0] })
  attempt.push({ type: 'tool_result', id: 'a', output: { celsius: 21 } })
  attempt.push(call, {
    type: 'finish',
    finishReason: 'tool_calls',
    usage: { ...usage, details: { cost: 0.5 } },
  })
  attempt.push({ type: 'tool_result', id: 'a', output: 'none', isError: true })
  attempt.push('Warm.', { type: 'finish', finishReason: 'stop', message: messages[1] })
  attempt.end()
  await sink.ended
  const [end] = harness.ends
  const sum = { input_tokens: 2, output_tokens: 4, total_tokens: 6, details: { searches: 2, cost: 0.5 } }
  expect(end!.rounds.map(({ message }) => message)).toEqual([messages[0], undefined, messages[1]])
  expect(end!.usage).toEqual(sum)
  expect(sink.events.at(-1)).toMatchObject({ usage: sum, total_chunks: 5 })
  expect(end!.toolCalls).toMatchObject([
    { index: 0, id: 'a', arguments: '{}', result: { output: { celsius: 21 }, is_error: false } },
    { index: 1, id: 'a', arguments: '{}', result: { output: 'none', is_error: true } },
  ])
  expect(sink.json.join()).not.toContain('secret')
})

test('a finish with a field of a wrong type is an error that names it', async () => {
  const harness = new Harness()
  const { sink, attempt } = await harness.play()
  attempt.push('a', { type: 'finish', finishReason: 5 } as never)
  await sink.ended
  expect(sink.events.at(-1)).toMatchObject({ type: 'stream_error', error_type: 'unexpected_error' })
  expect(String((harness.ends[0]!.error!.cause as Error).message)).toContain(
    "finish part whose 'finishReason'",
  )
})
