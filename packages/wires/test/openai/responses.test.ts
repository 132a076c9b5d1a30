import { StreamingError } from '@sluice/core'
import type OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { streamIdOf } from '../../src/openai/index.ts'
import { endless, FINISH, newKey, says, serveOpenAi } from './support.ts'

type Event = OpenAI.Responses.ResponseStreamEvent

const model = 'support-bot'

async function all<T>(events: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const event of events) list.push(event)
  return list
}

/** An answer of each kind of part. */
const richly = says(
  { type: 'reasoning', content: 'Hm.' },
  'Hello ',
  { type: 'source', url: 'https://a.example/', title: 'A', start: 0, end: 5 },
  'you.',
  { type: 'tool_call', index: 0, id: 'c1', name: 'server_tool', arguments: '{}' },
  { type: 'tool_result', id: 'c1', output: { found: 1 } },
  { type: 'tool_call', index: 1, id: 'c2', name: 'look_up', arguments: '{"word"' },
  { type: 'tool_call', index: 1, arguments: ':"a"}' },
  FINISH,
)
const tools = [
  { type: 'function', name: 'look_up', parameters: {}, strict: false },
] satisfies OpenAI.Responses.Tool[]

describe('the openai package asks for a response', () => {
  test('whole', async () => {
    const { client, asked } = await serveOpenAi(says('Hello.', FINISH))
    const response = await client.responses.create({
      model,
      input: 'Hi',
      instructions: 'Be kind.',
      store: true,
    })
    expect(response).toMatchObject({
      id: expect.stringMatching(/^resp_[\w-]{22}$/),
      object: 'response',
      status: 'completed',
      model,
      output_text: 'Hello.',
      usage: { input_tokens: 5, output_tokens: 7, total_tokens: 12 },
    })
    expect(asked[0]?.messages).toEqual([
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Hi' },
    ])
  })

  test('streamed, and by its helper', async () => {
    const { client } = await serveOpenAi(richly)
    const events = await all(await client.responses.create({ model, input: 'Hi', tools, stream: true }))
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, at) => at))
    expect(events.at(-1)).toMatchObject({ type: 'response.completed' })
    const final = await client.responses.stream({ model, input: 'Hi', tools }).finalResponse()
    expect(final.output_text).toBe('Hello you.')
    expect(final.output.map(({ type }) => type)).toEqual([
      'reasoning',
      'message',
      'mcp_call',
      'function_call',
    ])
    expect(await client.responses.retrieve(final.id)).toMatchObject({
      id: final.id,
      status: 'completed',
      output_text: 'Hello you.',
      usage: final.usage!,
    })
  })

  test('with a function that it runs itself', async () => {
    const { client, asked } = await serveOpenAi(async function* ({ input: { messages } }) {
      const last = messages.at(-1)
      if (last?.role !== 'tool') {
        yield { type: 'tool_call', index: 0, id: 'call_1', name: 'look_up', arguments: '{"word":"sluice"}' }
        yield { type: 'finish', finishReason: 'tool_calls' }
      } else {
        yield `It is ${String(last.content)}.`
        yield FINISH
      }
    })
    const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: 'What is a sluice?' }]
    const first = await client.responses.create({ model, input, tools })
    input.push(...(first.output as OpenAI.Responses.ResponseInput))
    const [call] = first.output.filter((item) => item.type === 'function_call')
    expect(call).toMatchObject({ name: 'look_up', arguments: '{"word":"sluice"}', call_id: 'call_1' })
    input.push({ type: 'function_call_output', call_id: call!.call_id, output: 'a gate' })
    expect((await client.responses.create({ model, input, tools })).output_text).toBe('It is a gate.')
    expect(asked[1]?.messages.slice(1)).toMatchObject([
      { role: 'assistant', tool_calls: [{ id: 'call_1' }] },
      { role: 'tool', tool_call_id: 'call_1', content: 'a gate' },
    ])
  })

  test('after another one, if the application reads previous_response_id', async () => {
    const saved = new Map<string, string>()
    const { client, asked } = await serveOpenAi(says('Hello.', FINISH), {
      definition: {
        onEnd: ({ streamId, text }) => {
          saved.set(streamId, text)
        },
      },
      models: {
        [model]: {
          stream: 'chat',
          input: ({ messages, previous_response_id: previous }) => ({
            messages: [
              ...(previous === undefined
                ? []
                : [{ role: 'assistant', content: saved.get(streamIdOf(previous)!) }]),
              ...messages,
            ],
          }),
        },
      },
    })
    const first = await client.responses.create({ model, input: 'Hi' })
    await client.responses.create({ model, input: 'And?', previous_response_id: first.id })
    expect(asked[1]?.messages).toEqual([
      { role: 'assistant', content: 'Hello.' },
      { role: 'user', content: 'And?' },
    ])
  })

  test('in the background, and looks again', async () => {
    const { promise: going, resolve: go } = Promise.withResolvers<void>()
    const { client } = await serveOpenAi(async function* () {
      yield 'Hello '
      await going
      yield 'you.'
      yield FINISH
    })
    let response = await client.responses.create({ model, input: 'Hi', background: true })
    expect(response).toMatchObject({ status: 'in_progress', background: true })
    go()
    while (response.status === 'in_progress') response = await client.responses.retrieve(response.id)
    expect(response).toMatchObject({ status: 'completed', output_text: 'Hello you.' })
  })

  test('again with the same key, whole and streamed, and gets the same answer', async () => {
    const { client, asked } = await serveOpenAi(says('Hello.', FINISH))
    const options = { headers: { 'Idempotency-Key': newKey() } }
    const first = await client.responses.create({ model, input: 'Hi' }, options)
    const events = await all(await client.responses.create({ model, input: 'Hi', stream: true }, options))
    expect(events[0]).toMatchObject({ response: { id: first.id } })
    expect(asked).toHaveLength(1)
  })
})

describe('a response is read on', () => {
  test('after each of its events, without a gap', async () => {
    const { client } = await serveOpenAi(richly)
    const events = await all(await client.responses.create({ model, input: 'Hi', tools, stream: true }))
    const { id } = (events[0] as Extract<Event, { type: 'response.created' }>).response
    for (const [at, { sequence_number }] of events.entries()) {
      const rest = await client.responses.retrieve(id, { stream: true, starting_after: sequence_number })
      expect(await all(rest)).toEqual(events.slice(at + 1))
    }
    expect(await all(await client.responses.retrieve(id, { stream: true }))).toEqual(events)
    // The helper reads from the start, and shows what comes after.
    const shown = await all(client.responses.stream({ response_id: id, starting_after: 3 }))
    expect(shown.map(({ sequence_number }) => sequence_number)).toEqual(
      events.slice(4).map((_, at) => at + 4),
    )
  })

  test('while it runs', async () => {
    const { promise: going, resolve: go } = Promise.withResolvers<void>()
    const { client } = await serveOpenAi(async function* () {
      yield 'Hello '
      await going
      yield 'you.'
      yield FINISH
    })
    const first: Event[] = []
    for await (const event of await client.responses.create({ model, input: 'Hi', stream: true })) {
      first.push(event)
      if (event.type === 'response.output_text.delta') break
    }
    const { id } = (first[0] as Extract<Event, { type: 'response.created' }>).response
    const starting_after = first.at(-1)!.sequence_number
    const reading = all(await client.responses.retrieve(id, { stream: true, starting_after }))
    go()
    const numbers = [...first, ...(await reading)].map(({ sequence_number }) => sequence_number)
    expect(numbers).toEqual(numbers.map((_, at) => at))
  })

  test.each([
    ['beyond the end', '999', 'starting_after'],
    ['no number', 'x', 'starting_after'],
    ['negative', '-1', 'starting_after'],
    ['several', '1&starting_after=2', 'starting_after'],
  ])('a cursor that is %s is refused', async (_what, cursor, param) => {
    const { client, url } = await serveOpenAi(says('Hello.', FINISH))
    const { id } = await client.responses.create({ model, input: 'Hi' })
    const answer = await fetch(`${url}/responses/${id}?stream=true&starting_after=${cursor}`)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ error: { type: 'invalid_request_error', param } })
  })
})

describe('Stop', () => {
  test('cancel reaches the provider, and says what had come', async () => {
    const { answer, stopped } = endless()
    const { client } = await serveOpenAi(answer)
    const events: Event[] = []
    const stream = await client.responses.create({ model, input: 'Hi', stream: true })
    let cancelled: OpenAI.Responses.Response | undefined
    for await (const event of stream) {
      events.push(event)
      if (event.type !== 'response.output_text.delta') continue
      const [created] = events as [Extract<Event, { type: 'response.created' }>]
      cancelled = await client.responses.cancel(created.response.id)
    }
    await stopped
    expect(cancelled).toMatchObject({ status: 'cancelled', output: [{ content: [{ text: 'Word ' }] }] })
    expect(events.at(-1)).toMatchObject({ type: 'response.incomplete', response: { status: 'cancelled' } })
    // Again: it has ended already.
    expect(await client.responses.cancel(cancelled!.id)).toMatchObject({ status: 'cancelled' })
  })

  test('cancel of an answer that is complete changes nothing', async () => {
    const { client } = await serveOpenAi(says('Hello.', FINISH))
    const { id } = await client.responses.create({ model, input: 'Hi' })
    expect(await client.responses.cancel(id)).toMatchObject({
      status: 'completed',
      output: [{ content: [{ text: 'Hello.' }] }],
    })
  })

  test('cancel with the empty JSON body that the Python package sends', async () => {
    const { client, url } = await serveOpenAi(says('Hello.', FINISH))
    const { id } = await client.responses.create({ model, input: 'Hi' })
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${url}/responses/${id}/cancel`, { method: 'POST', headers })
    expect(answer.status).toBe(200)
  })

  test('a DELETE of the Location stops; one of the response itself is refused', async () => {
    const { answer, stopped } = endless()
    const { client } = await serveOpenAi(answer)
    const { response, data } = await client.responses
      .create({ model, input: 'Hi', stream: true })
      .withResponse()
    const location = new URL(response.headers.get('location')!, response.url)
    const id = location.pathname.split('/').at(-1)!
    await expect(client.responses.delete(id)).rejects.toMatchObject({
      status: 405,
      code: 'method_not_supported',
    })
    expect((await fetch(location, { method: 'DELETE' })).status).toBe(204)
    await stopped
    expect((await all(data)).at(-1)).toMatchObject({ response: { status: 'cancelled' } })
  })
})

test('an answer that breaks off has failed', async () => {
  const { client } = await serveOpenAi(async function* () {
    yield 'Hel'
    throw new StreamingError('context_length_exceeded', 'Too long.')
  })
  const error = { code: 'context_length_exceeded', message: 'Too long.' }
  await expect(client.responses.create({ model, input: 'Hi' })).rejects.toMatchObject({
    status: 400,
    code: 'context_length_exceeded',
  })
  let later = await client.responses.create({ model, input: 'Hi', background: true })
  while (later.status === 'in_progress') later = await client.responses.retrieve(later.id)
  expect(later).toMatchObject({ status: 'failed', output_text: 'Hel', error })
  const events = await all(await client.responses.create({ model, input: 'Hi', stream: true }))
  expect(events.at(-1)).toMatchObject({ type: 'response.failed', response: { status: 'failed', error } })
})
