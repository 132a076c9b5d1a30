import type { StreamEvent } from '@sluice/core'
import fc from 'fast-check'
import type OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import {
  answer,
  bodyOf,
  call,
  clientOf,
  complete,
  failed,
  messagesOf,
  openAiRecord,
  reasoning,
  result,
  stopped,
  text,
} from '../../../test/support/answers.ts'
import { randomEvents } from '../../../test/support/random-events.ts'
import { responseOf } from '../whole-answer.ts'
import { responses } from './wire.ts'

type ResponseEvent = OpenAI.Responses.ResponseStreamEvent

const record = openAiRecord('search')
const ID = `resp_${record.streamId}`

function eventsOf(events: readonly StreamEvent[]): readonly ResponseEvent[] {
  return messagesOf(responses, events, record).map(({ event, data }) => {
    const said = (typeof data === 'string' ? JSON.parse(data) : data) as ResponseEvent
    expect(said.type).toBe(event)
    return said
  })
}

/** The response that the `openai` package makes of the events. */
async function responseByClient(events: readonly StreamEvent[]) {
  const client = clientOf(bodyOf(responses, events, record))
  return client.responses.stream({ model: 'support-bot', input: 'Hi' }).finalResponse()
}

const message = (content: readonly object[], at = 2, status = 'completed') => ({
  type: 'message',
  id: `msg_${record.streamId}_${at}`,
  role: 'assistant',
  status,
  content,
})
const outputText = (text: string, annotations: readonly object[] = []) => ({
  type: 'output_text',
  text,
  annotations,
  logprobs: [],
})

describe('the events of a response', () => {
  test('text: an item that begins, grows and ends', async () => {
    const events = answer([text('Hel'), text('lo')])
    expect(eventsOf(events).map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ])
    const final = await responseByClient(events)
    expect(final).toMatchObject({
      id: ID,
      object: 'response',
      model: 'support-bot',
      status: 'completed',
      created_at: 1_700_000_000,
      completed_at: 1_700_000_002,
      output_text: 'Hello',
      output: [message([outputText('Hello')])],
      usage: {
        input_tokens: 3,
        output_tokens: 4,
        total_tokens: 7,
        input_tokens_details: { cached_tokens: 1, audio_tokens: 5 },
        output_tokens_details: { reasoning_tokens: 2 },
      },
    })
  })

  test('reasoning is an item of its own', async () => {
    const { output } = await responseByClient(answer([reasoning('Hm'), reasoning('…'), text('a')]))
    expect(output).toMatchObject([
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm…' }], status: 'completed' },
      { type: 'message', content: [{ text: 'a' }] },
    ])
  })

  test('calls of the client’s functions grow side by side', async () => {
    const events = answer([
      call(0, { id: 'c0', name: 'search', arguments: '{"q"' }),
      call(1, { id: 'c1', name: 'search', arguments: '{' }),
      call(0, { arguments: ':1}' }),
      call(1, { arguments: '}' }),
    ])
    const { output } = await responseByClient(events)
    expect(output).toMatchObject([
      { type: 'function_call', call_id: 'c0', name: 'search', arguments: '{"q":1}', status: 'completed' },
      { type: 'function_call', call_id: 'c1', name: 'search', arguments: '{}', status: 'completed' },
    ])
  })

  test('a call that the server makes is a call of a tool of its own, with its result', async () => {
    const events = answer([
      call(0, { id: 'c0', name: 'lookup', arguments: '{}' }),
      call(1, { id: 'c1', name: 'broken', arguments: '{}' }),
      result(0, { found: 1 }),
      result(1, 'It is broken.', true),
      text('Found it.'),
    ])
    const { output } = await responseByClient(events)
    expect(output).toMatchObject([
      {
        type: 'mcp_call',
        server_label: 'support-bot',
        name: 'lookup',
        arguments: '{}',
        output: '{"found":1}',
        error: null,
        status: 'completed',
      },
      { type: 'mcp_call', name: 'broken', output: null, error: 'It is broken.', status: 'failed' },
      { type: 'message' },
    ])
  })

  test('a call of the client’s that the server has made shows its result', async () => {
    const { output } = await responseByClient(
      answer([call(0, { id: 'c0', name: 'search', arguments: '{}' }), result(0, 'yes')]),
    )
    expect(output).toMatchObject([
      { type: 'function_call', call_id: 'c0' },
      { type: 'function_call_output', call_id: 'c0', output: 'yes' },
    ])
  })

  test('sources are annotations of the text, at their places in it', async () => {
    const cited = (start_index: number, end_index: number) => ({
      type: 'url_citation',
      url: 'https://a.example/',
      title: 'A',
      start_index,
      end_index,
    })
    const source = { type: 'source', url: 'https://a.example/', title: 'A' }
    const { output } = await responseByClient(
      answer([
        { ...source, start: 0, end: 2 },
        text('Hello'),
        source,
        reasoning('Hm'),
        text(' you'),
        { ...source, start: 6, end: 9 },
      ]),
    )
    expect(output).toMatchObject([
      message([outputText('Hello', [cited(0, 2), cited(0, 0)])], 3),
      { type: 'reasoning' },
      { type: 'message', content: [outputText(' you', [cited(1, 4)])] },
    ])
  })

  test('an image is an item', async () => {
    const { output } = await responseByClient(
      answer([text('Here:'), { type: 'file', media_type: 'image/webp', data: 'AAAA' }, text('Good?')]),
    )
    expect(output).toMatchObject([
      { type: 'message' },
      { type: 'image_generation_call', result: 'AAAA', output_format: 'webp', status: 'completed' },
      { type: 'message' },
    ])
  })

  test('a refusal is said as what it is, behind its text', async () => {
    const { output, status } = await responseByClient(answer([text('I will not.')], complete('refusal')))
    expect(status).toBe('completed')
    expect(output).toMatchObject([
      message([outputText('I will not.'), { type: 'refusal', refusal: 'I will not.' }]),
    ])
  })

  test.each([
    ['length', 'max_output_tokens'],
    ['content_filter', 'content_filter'],
  ])('an answer that was cut (%s) is incomplete', async (reason, detail) => {
    const response = await responseByClient(answer([text('a')], complete(reason)))
    expect(response).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: detail },
      output: [message([outputText('a')], 2, 'incomplete')],
    })
  })

  test('an answer that failed keeps what has come, and says why', async () => {
    const events = answer([text('a'), call(0, { id: 'c0', name: 'search', arguments: '{' })], failed)
    expect(eventsOf(events).at(-1)).toMatchObject({
      type: 'response.failed',
      response: {
        status: 'failed',
        error: { code: 'rate_limit_exceeded', message: 'Too many.' },
        output: [{ type: 'message' }, { type: 'function_call', status: 'incomplete', arguments: '{' }],
      },
    })
    await expect(responseByClient(events)).resolves.toMatchObject({ status: 'failed' })
  })

  test('an answer that was stopped is cancelled', async () => {
    await expect(responseByClient(answer([text('a')], stopped))).resolves.toMatchObject({
      status: 'cancelled',
      output: [message([outputText('a')], 2, 'incomplete')],
    })
  })

  test('an answer that begins anew has failed, and nothing follows', async () => {
    const retry = {
      type: 'stream_retry',
      error_type: 'api_error',
      retry_count: 1,
      delay_ms: 0,
      keep_until: 1,
    }
    const events = eventsOf(answer([text('a'), retry, text('b')]))
    expect(events.slice(-2)).toMatchObject([
      { type: 'response.failed', response: { error: { code: 'server_error' } } },
      { type: 'keepalive' },
    ])
    await expect(responseByClient(answer([text('a'), retry, text('b')]))).resolves.toMatchObject({
      status: 'failed',
      output_text: 'a',
    })
  })
})

test('the events are numbered, and the client makes of them what an answer without a stream has', async () => {
  await fc.assert(
    fc.asyncProperty(randomEvents(['continue']), async (events) => {
      const said = eventsOf(events)
      expect(said.map(({ sequence_number }) => sequence_number)).toEqual(said.map((_, at) => at))
      const { output_text, ...shown } = await responseByClient(events)
      expect(withoutParsed(shown)).toMatchObject(responseOf(record, events))
    }),
  )
})

/** Without what the client adds for structured outputs. */
function withoutParsed(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, field) =>
      key.startsWith('parsed') || key === 'output_parsed' ? undefined : field,
    ),
  )
}
