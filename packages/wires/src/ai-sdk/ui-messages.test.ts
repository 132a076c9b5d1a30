import { type StreamEvent, Transcript } from '@sluice/core'
import type { StreamRecord } from '@sluice/core/server'
import { testWire } from '@sluice/core/testing'
import type { Wire } from '@sluice/core/transport'
import { readUIMessageStream, type UIMessage, type UIMessageChunk, uiMessageChunkSchema } from 'ai'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { randomEvents } from '../../test/support/random-events.ts'
import { CONTINUES } from './translator.ts'
import { restartableUiMessages, uiMessages } from './ui-messages.ts'

const record: StreamRecord = {
  streamId: 'A'.repeat(22),
  stream: 'chat',
  owner: undefined,
  createdAt: 1_700_000_000_000,
  idempotency: undefined,
}

/** The chunks that the events become, and the text of `[DONE]`. */
function chunksOf(events: readonly StreamEvent[], wire: Wire = uiMessages, of: StreamRecord = record) {
  const translator = wire.begin(of)
  return events.flatMap((event) => translator.push(event).map(({ data }) => data as UIMessageChunk | string))
}

/** The message that the AI SDK makes of them. Errors are left to the caller. */
async function messageOf(chunks: readonly (UIMessageChunk | string)[], message?: UIMessage) {
  const stream = new ReadableStream<UIMessageChunk>({
    start(controller) {
      for (const chunk of chunks) if (typeof chunk !== 'string') controller.enqueue(chunk)
      controller.close()
    },
  })
  let errorText: string | undefined
  let last: UIMessage | undefined
  const onError = (error: unknown) => {
    errorText = (error as Error).message
  }
  for await (const next of readUIMessageStream({ stream, onError, ...(message && { message }) })) last = next
  return { message: last, errorText }
}

const number = (events: readonly object[]) =>
  events.map((event, at) => ({ ...event, chunk_id: at + 1 }) as StreamEvent)
const start = {
  type: 'stream_start',
  stream_id: record.streamId,
  stream: 'chat',
  created_at: record.createdAt,
}
const complete = {
  type: 'stream_complete',
  finish_reason: 'stop',
  usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7, cached_tokens: 1, reasoning_tokens: 2 },
  total_chunks: 1,
  ttft_ms: 1,
  duration_ms: 2,
}
const content = (text: string) => ({ type: 'content_chunk', content: text })
const call = { type: 'tool_call_chunk', index: 0, id: 'c1', name: 'search', arguments: '{"q":"x"}' }
const result = { type: 'tool_result', index: 0, id: 'c1', output: { hits: 3 }, is_error: false }
const retry = (keep_until: number) => ({
  ...{ type: 'stream_retry', error_type: 'api_error', retry_count: 1, delay_ms: 0, keep_until },
})

describe('an answer', () => {
  test('is one message with its rounds as steps, and all that the events say', async () => {
    const events = number([
      ...[
        start,
        { type: 'reasoning_chunk', content: 'Hm.' },
        content('I look '),
        content('it up.'),
        call,
        result,
      ],
      ...[content('Found.'), { type: 'source', url: 'https://a.example/', title: 'A' }],
      { type: 'file', media_type: 'image/png', data: 'AAAA' },
      ...[{ type: 'data_chunk', name: 'note', data: { n: 1 } }, complete],
    ])
    const { message } = await messageOf(chunksOf(events))
    expect(message?.id).toBe(record.streamId)
    expect(message?.metadata).toEqual({
      streamId: record.streamId,
      createdAt: record.createdAt,
      usage: { inputTokens: 3, outputTokens: 4, totalTokens: 7, cachedInputTokens: 1, reasoningTokens: 2 },
      durationMs: 2,
    })
    expect(message?.parts).toMatchObject([
      { type: 'step-start' },
      { type: 'reasoning', text: 'Hm.', state: 'done' },
      { type: 'text', text: 'I look it up.', state: 'done' },
      {
        ...{ type: 'tool-search', toolCallId: 'c1', state: 'output-available' },
        ...{ input: { q: 'x' }, output: { hits: 3 } },
      },
      { type: 'step-start' },
      { type: 'text', text: 'Found.', state: 'done' },
      { type: 'source-url', url: 'https://a.example/', title: 'A' },
      { type: 'file', mediaType: 'image/png', url: 'data:image/png;base64,AAAA' },
      { type: 'data-note', data: { n: 1 } },
    ])
  })

  test('tells why it finished, in the words of the AI SDK', () => {
    const reasonOf = (finish_reason: string) =>
      chunksOf(number([start, { ...complete, finish_reason }])).find(
        (chunk) => typeof chunk === 'object' && chunk.type === 'finish',
      )
    expect(reasonOf('tool_calls')).toMatchObject({ finishReason: 'tool-calls' })
    expect(reasonOf('content_filter')).toMatchObject({ finishReason: 'content-filter' })
    expect(reasonOf('refusal')).toMatchObject({ finishReason: 'other' })
    expect(reasonOf('constructor')).toMatchObject({ finishReason: 'other' })
  })

  test('that failed is an error behind what had come', async () => {
    const failure = { type: 'stream_error', error_type: 'api_error', message: 'No.', recoverable: true }
    const { message, errorText } = await messageOf(chunksOf(number([start, content('Hal'), failure])))
    expect(errorText).toBe('No.')
    expect(message?.parts.at(-1)).toMatchObject({ type: 'text', text: 'Hal', state: 'done' })
  })

  test('that was stopped is whole, has a finish behind its abort, and calls no tool', async () => {
    const chunks = chunksOf(
      number([start, content('Hal'), call, { type: 'stream_cancelled', reason: 'cancelled' }]),
    )
    expect(chunks.slice(-3)).toMatchObject([
      { type: 'abort', reason: 'cancelled' },
      { type: 'finish' },
      '[DONE]',
    ])
    expect(chunks).not.toContainEqual(expect.objectContaining({ type: 'tool-input-available' }))
    expect((await messageOf(chunks)).errorText).toBeUndefined()
  })

  test('keeps the message of the client if it continues that one', async () => {
    const chunks = chunksOf(number([start, content('More.'), complete]), uiMessages, {
      ...record,
      note: CONTINUES,
    })
    const before: UIMessage = { id: 'm1', role: 'assistant', parts: [{ type: 'text', text: 'Some.' }] }
    const { message } = await messageOf(chunks, before)
    expect(message).toMatchObject({ id: 'm1', parts: [{ text: 'Some.' }, {}, { text: 'More.' }] })
  })

  test('shows a result without a call, which would be an error to the client', async () => {
    const { message, errorText } = await messageOf(chunksOf(number([start, result, complete])))
    expect(errorText).toBeUndefined()
    expect(message?.parts[1]).toMatchObject({
      toolCallId: 'c1',
      state: 'output-available',
      output: { hits: 3 },
    })
  })
})

describe('an answer that begins anew', () => {
  const events = number([
    start,
    content('I look.'),
    call,
    result,
    content('Wrong'),
    retry(1),
    content('Right.'),
    complete,
  ])

  test('is taken back as a whole if it is one step', async () => {
    const { message } = await messageOf(chunksOf(events, restartableUiMessages))
    expect(message?.parts).toMatchObject([{ type: 'step-start' }, { type: 'text', text: 'Right.' }])
  })

  test('is an error if its rounds are steps, and nothing more is said', async () => {
    const chunks = chunksOf(events)
    expect((await messageOf(chunks)).errorText).toMatch(/began anew/)
    expect(chunks.slice(-3)).toMatchObject([
      { type: 'error' },
      { type: 'finish', finishReason: 'error' },
      '[DONE]',
    ])
  })

  test('is an error if a part of it stays, because a step is taken back as a whole', async () => {
    const partly = number([start, content('a'), content('b'), retry(2), content('c'), complete])
    expect((await messageOf(chunksOf(partly, restartableUiMessages))).errorText).toMatch(/began anew/)
  })

  test('from where it was is one text', async () => {
    const { message } = await messageOf(
      chunksOf(number([start, content('a'), retry(2), content('b'), complete])),
    )
    expect(message?.parts).toMatchObject([{ type: 'step-start' }, { type: 'text', text: 'ab' }])
  })
})

describe.each([
  ['rounds as steps', uiMessages, ['continue'] as const],
  ['one step', restartableUiMessages, ['restart', 'continue'] as const],
])('each answer, with %s', (_, wire, retries) => {
  test('is in the client what it is in a transcript, and each chunk is one of the AI SDK', async () => {
    const schema = uiMessageChunkSchema()
    await fc.assert(
      fc.asyncProperty(randomEvents(retries), async (events) => {
        const chunks = chunksOf(events, wire)
        for (const chunk of chunks) {
          if (typeof chunk !== 'string')
            expect(await schema.validate?.(chunk)).toMatchObject({ success: true })
        }
        expect(chunks.at(-1)).toBe('[DONE]')
        expect(chunks.at(-2)).toMatchObject({ type: 'finish' })
        const transcript = new Transcript()
        for (const event of events) transcript.apply(event)
        const { message, errorText } = await messageOf(chunks)
        const textOf = (type: 'text' | 'reasoning') =>
          message?.parts.map((part) => (part.type === type ? part.text : '')).join('') ?? ''
        expect(textOf('text')).toBe(transcript.text)
        expect(textOf('reasoning')).toBe(transcript.reasoning)
        expect(errorText).toBe(transcript.end?.type === 'stream_error' ? transcript.end.message : undefined)
      }),
    )
  })
})

testWire('uiMessages', uiMessages, { describe, test })
testWire('restartableUiMessages', restartableUiMessages, { describe, test })
testWire(
  'uiMessages of a message that goes on',
  uiMessages,
  { describe, test },
  { record: { note: CONTINUES } },
)
