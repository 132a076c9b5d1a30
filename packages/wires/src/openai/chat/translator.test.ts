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
import { completionOf } from '../whole-answer.ts'
import { chatCompletions, chatCompletionsWithUsage } from './wire.ts'

type Chunk = OpenAI.ChatCompletionChunk

const record = openAiRecord('search')

function chunksOf(events: readonly StreamEvent[], wire = chatCompletions, of = record): readonly Chunk[] {
  return messagesOf(wire, events, of)
    .map(({ data }) => data)
    .filter((data) => typeof data === 'object') as Chunk[]
}

function deltasOf(events: readonly StreamEvent[]) {
  return chunksOf(events).flatMap(({ choices }) => choices.map(({ delta }) => delta))
}

/** The chat completion that the `openai` package makes of the chunks. */
async function completionByClient(events: readonly StreamEvent[], of = record) {
  const client = clientOf(bodyOf(chatCompletionsWithUsage, events, of))
  return client.chat.completions
    .stream({ model: 'support-bot', messages: [{ role: 'user', content: 'Hi' }] })
    .finalChatCompletion()
}

describe('the chunks of a chat completion', () => {
  test('text, with the ids of the stream and the model that was asked for', () => {
    const chunks = chunksOf(answer([text('Hel'), text('lo')]))
    expect(chunks[0]).toStrictEqual({
      id: `chatcmpl-${record.streamId}`,
      object: 'chat.completion.chunk',
      created: 1_700_000_000,
      model: 'support-bot',
      choices: [
        {
          index: 0,
          delta: { role: 'assistant', content: '', refusal: null },
          logprobs: null,
          finish_reason: null,
        },
      ],
    })
    expect(chunks.slice(1).map(({ choices }) => choices[0])).toMatchObject([
      { delta: { content: 'Hel' }, finish_reason: null },
      { delta: { content: 'lo' }, finish_reason: null },
      { delta: {}, finish_reason: 'stop' },
    ])
    expect(bodyOf(chatCompletions, answer([]), record)).toMatch(/data: \[DONE\]\n\n$/)
  })

  test('the usage comes last, if it was asked for, and is null before', () => {
    const chunks = chunksOf(answer([text('a')]), chatCompletionsWithUsage)
    expect(chunks.slice(0, -1).map(({ usage }) => usage)).toEqual([null, null, null])
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: {
        prompt_tokens: 3,
        completion_tokens: 4,
        total_tokens: 7,
        prompt_tokens_details: { cached_tokens: 1, audio_tokens: 5 },
        completion_tokens_details: { reasoning_tokens: 2 },
      },
    })
    expect(chunksOf(answer([text('a')]))[1]).not.toHaveProperty('usage')
    const unknown = answer([text('a')], complete('stop', null as never))
    expect(chunksOf(unknown, chatCompletionsWithUsage).at(-1)?.choices[0]?.finish_reason).toBe('stop')
  })

  test('reasoning has a field of its own', () => {
    expect(deltasOf(answer([reasoning('Hm'), text('a')])).slice(1, 3)).toEqual([
      { reasoning_content: 'Hm' },
      { content: 'a' },
    ])
  })

  test('a call of one of the client’s functions is shown as it comes', () => {
    const events = answer([
      text('Let me see.'),
      call(0, { id: 'c0', name: 'search', arguments: '{"q"' }),
      call(0, { arguments: ':1}' }),
    ])
    expect(deltasOf(events).slice(2)).toEqual([
      { tool_calls: [{ index: 0, id: 'c0', type: 'function', function: { name: 'search', arguments: '' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '{"q"' } }] },
      { tool_calls: [{ index: 0, function: { arguments: ':1}' } }] },
      {},
    ])
    expect(chunksOf(events).at(-1)?.choices[0]?.finish_reason).toBe('tool_calls')
  })

  test('a call that the server makes is not shown: the client would make it too', () => {
    const events = answer([
      call(0, { id: 'c0', name: 'lookup', arguments: '{}' }),
      result(0, { found: 1 }),
      text('Found it.'),
      call(1, { id: 'c1', name: 'search', arguments: '{}' }),
    ])
    const shown = deltasOf(events).flatMap(({ tool_calls }) => tool_calls ?? [])
    expect(shown).toEqual([
      { index: 0, id: 'c1', type: 'function', function: { name: 'search', arguments: '' } },
      { index: 0, function: { arguments: '{}' } },
    ])
    const answered = answer(
      [call(0, { id: 'c0', name: 'lookup' }), result(0, 1), text('a')],
      complete('tool_calls'),
    )
    expect(chunksOf(answered).at(-1)?.choices[0]?.finish_reason).toBe('stop')
  })

  test('a call of a function that nobody named, and that has no result, is the client’s', () => {
    const events = answer(
      [call(0, { id: 'c0', name: 'other', arguments: '{"a":1}' })],
      complete('tool_calls'),
    )
    expect(completionOf(record, events).choices[0].message.tool_calls).toEqual([
      { id: 'c0', type: 'function', function: { name: 'other', arguments: '{"a":1}' } },
    ])
  })

  test('two calls with one id get two', () => {
    const twice = [0, 1].map((index) => call(index, { id: 'c', name: 'search', arguments: '{}' }))
    const { message } = completionOf(record, answer(twice)).choices[0]
    expect(message.tool_calls?.map(({ id }) => id)).toEqual(['c', 'c_1'])
  })

  test('sources come together as annotations', async () => {
    const events = answer([
      { type: 'source', url: 'https://a.example/', title: 'A', start: 0, end: 2 },
      text('Hello'),
      { type: 'source', url: 'https://b.example/' },
      { type: 'source', title: 'no link' },
    ])
    const annotations = [
      {
        type: 'url_citation',
        url_citation: { url: 'https://a.example/', title: 'A', start_index: 0, end_index: 2 },
      },
      {
        type: 'url_citation',
        url_citation: {
          url: 'https://b.example/',
          title: 'https://b.example/',
          start_index: 0,
          end_index: 0,
        },
      },
    ]
    expect((await completionByClient(events)).choices[0]?.message.annotations).toEqual(annotations)
    expect(completionOf(record, events).choices[0].message.annotations).toEqual(annotations)
  })

  test.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['content_filter', 'content_filter'],
    ['refusal', 'content_filter'],
    ['tool_calls', 'stop'],
    ['something else', 'stop'],
  ])('finish reason %s becomes %s', (given, shown) => {
    expect(chunksOf(answer([text('a')], complete(given))).at(-1)?.choices[0]?.finish_reason).toBe(shown)
  })

  test('an error is thrown by the client, in its own form', async () => {
    await expect(completionByClient(answer([text('a')], failed))).rejects.toMatchObject({
      error: { message: 'Too many.', type: 'requests', code: 'rate_limit_exceeded', param: null },
    })
    await expect(completionByClient(answer([text('a')], stopped))).rejects.toMatchObject({
      error: { code: 'response_cancelled' },
    })
  })

  test('an answer that begins anew is an error, and nothing follows it but the end', async () => {
    const retry = {
      type: 'stream_retry',
      error_type: 'api_error',
      retry_count: 1,
      delay_ms: 0,
      keep_until: 1,
    }
    const events = answer([text('a'), retry, text('b')])
    const messages = messagesOf(chatCompletions, events, record).map(({ data }) => data)
    expect(messages.slice(2)).toEqual([
      { error: expect.objectContaining({ message: expect.stringContaining('began anew') }) },
      '[DONE]',
      '[DONE]',
    ])
    await expect(completionByClient(events)).rejects.toThrow(/began anew/)
  })

  test('an answer that goes on after a failed attempt goes on', () => {
    const retry = {
      type: 'stream_retry',
      error_type: 'api_error',
      retry_count: 1,
      delay_ms: 0,
      keep_until: 2,
    }
    expect(completionOf(record, answer([text('a'), retry, text('b')])).choices[0].message.content).toBe('ab')
  })
})

test('the client makes of the chunks what an answer without a stream has', async () => {
  await fc.assert(
    fc.asyncProperty(randomEvents(['continue']), async (events) => {
      if (events.at(-1)?.type !== 'stream_complete') {
        await expect(completionByClient(events)).rejects.toThrow()
        expect(() => completionOf(record, events)).toThrow()
        return
      }
      const { choices, usage, ...rest } = completionOf(record, events)
      const { reasoning_content: _reasoning, ...message } = choices[0].message
      const shown = await completionByClient(events)
      const { reasoning_content: _last, ...shownMessage } = shown.choices[0]!
        .message as (typeof choices)[0]['message']
      expect({ ...shownMessage, content: shownMessage.content || null }).toMatchObject({
        ...message,
        content: message.content || null,
      })
      expect(shown.choices[0]?.finish_reason).toBe(choices[0].finish_reason)
      expect(shown.usage).toEqual(usage)
      expect(shown).toMatchObject({ ...rest, object: 'chat.completion' })
    }),
  )
})
