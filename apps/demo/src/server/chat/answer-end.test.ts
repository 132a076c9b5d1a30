import { type Part, StreamingError } from '@sluice/core'
import { createHub, defineStream, memoryLog, type StreamEnd } from '@sluice/core/server'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { endOf, readEnd } from './answer-end.ts'

/** How a stream of these attempts ended: as the one that ran it was told, and as its log has it. */
async function bothEnds(...attempts: (() => Iterable<Part>)[]) {
  const told = Promise.withResolvers<StreamEnd>()
  const chat = defineStream({
    input: z.object({}),
    retry: { maxRetries: 2, baseMs: 1, afterFirstChunk: 'restart' },
    run: async function* ({ attempt }): AsyncGenerator<Part> {
      yield* attempts[attempt]!()
    },
    onEnd: told.resolve,
  })
  const hub = createHub({ streams: { chat }, log: memoryLog() })
  const handle = await hub.start({ stream: 'chat', input: {} })
  const end = await told.promise
  const read = await readEnd(handle)
  await hub.close()
  return { told: endOf(end), read }
}

test('a complete answer, with tools, and without what a retry made void', async () => {
  const { told, read } = await bothEnds(
    function* () {
      yield 'Void. '
      yield { type: 'tool_call', index: 0, id: 'x', name: 'void', arguments: '{' }
      throw new StreamingError('connection_lost')
    },
    function* () {
      yield { type: 'reasoning', content: 'Hm. ' }
      yield { type: 'tool_call', index: 0, id: 'c', name: 'time_in', arguments: '{"city":' }
      yield { type: 'tool_call', index: 0, arguments: '"Lisbon"}' }
      yield { type: 'tool_result', id: 'c', output: 'noon' }
      yield 'It is '
      yield 'noon.'
      yield {
        type: 'finish',
        finishReason: 'stop',
        usage: { input_tokens: 1, output_tokens: 5, total_tokens: 6 },
      }
    },
  )
  expect(told).toMatchObject({
    outcome: 'completed',
    text: 'It is noon.',
    reasoning: 'Hm. ',
    toolCalls: [{ id: 'c', name: 'time_in', arguments: '{"city":"Lisbon"}', result: '"noon"' }],
    error: null,
    finishReason: 'stop',
    outputTokens: 5,
  })
  expect(read).toEqual({
    ...told,
    ttftMs: expect.any(Number),
    durationMs: expect.any(Number),
  })
})

test('an answer that failed, with what it had said', async () => {
  const { told, read } = await bothEnds(function* () {
    yield 'So far'
    throw new StreamingError('quota_exceeded', 'No more.', { retryAfterMs: 1_500 })
  })
  const end = {
    outcome: 'error',
    text: 'So far',
    error: { type: 'quota_exceeded', message: 'No more.', recoverable: false, retryAfter: 1.5 },
    finishReason: null,
  }
  expect(told).toMatchObject(end)
  expect(read).toMatchObject(end)
})
