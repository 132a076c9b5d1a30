import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { clientOf, questions, readAll, textOf } from '../../test/support.ts'
import { countTokens, type ModelServer, startModelServer } from '../index.ts'

let server: ModelServer
beforeAll(async () => {
  server = await startModelServer({ ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY })
})
beforeEach(() => server.reset())
afterAll(() => server.close())

const ask = (input: string, model = 'gpt-5-mini') => ({ model, input })

describe('a streamed response', () => {
  test.each(Object.values(questions))('arrives character for character: %s', async (question) => {
    const { items, error } = await readAll(
      clientOf(server).responses.create({ ...ask(question), stream: true }),
    )
    expect(error).toBeUndefined()
    expect(textOf(items)).toBe(server.answerFor(question))
  })

  test('has OpenAI’s sequence of events, numbered from 0', async () => {
    const { items } = await readAll(
      clientOf(server).responses.create({ ...ask('Hi', 'sluice-echo'), stream: true }),
    )
    expect(items.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ])
    expect(items.map(({ sequence_number }) => sequence_number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    expect(items[4]).toMatchObject({ delta: 'Hi', output_index: 0, content_index: 0, logprobs: [] })
    expect(items[5]).toMatchObject({ text: 'Hi' })
    const inputTokens = 3 + 3 + countTokens('user') + countTokens('Hi')
    expect(items[8]).toMatchObject({
      response: {
        id: expect.stringMatching(/^resp_[0-9a-f]{50}$/),
        object: 'response',
        status: 'completed',
        error: null,
        output: [{ type: 'message', status: 'completed', content: [{ type: 'output_text', text: 'Hi' }] }],
        usage: { input_tokens: inputTokens, output_tokens: 1, total_tokens: inputTokens + 1 },
      },
    })
  })

  test('has no [DONE], and names each event', async () => {
    const response = await fetch(`${server.baseURL}/responses`, {
      method: 'POST',
      headers: { authorization: 'Bearer x', 'content-type': 'application/json' },
      body: JSON.stringify({ ...ask('Hi', 'sluice-echo'), stream: true }),
    })
    const body = await response.text()
    expect(body).not.toContain('[DONE]')
    expect(body.split('\n\n')[0]).toMatch(/^event: response\.created\ndata: \{"type":"response\.created",/)
  })

  test('is understood by the client’s own accumulator', async () => {
    const response = await clientOf(server).responses.stream(ask(questions.languages)).finalResponse()
    expect(response.output_text).toBe(server.answerFor(questions.languages))
    expect(response.usage?.output_tokens).toBe(countTokens(response.output_text))
  })
})

describe('a response that is not streamed', () => {
  test('comes whole, and can be asked for again and deleted', async () => {
    const client = clientOf(server)
    const made = await client.responses.create(ask(questions.database))
    expect(made).toMatchObject({ status: 'completed', output_text: server.answerFor(questions.database) })
    const again = await client.responses.retrieve(made.id)
    expect(again.output_text).toBe(made.output_text)
    await client.responses.delete(made.id)
    await expect(client.responses.retrieve(made.id)).rejects.toMatchObject({ status: 404 })
  })

  test('is not kept with store: false', async () => {
    const client = clientOf(server)
    const made = await client.responses.create({ ...ask('Hi', 'sluice-echo'), store: false })
    await expect(client.responses.retrieve(made.id)).rejects.toMatchObject({ status: 404 })
  })

  test('continues a conversation, whose tokens count', async () => {
    const client = clientOf(server)
    const first = await client.responses.create(ask('Hi', 'sluice-echo'))
    const alone = await client.responses.create(ask('And?', 'sluice-echo'))
    const second = await client.responses.create({
      ...ask('And?', 'sluice-echo'),
      previous_response_id: first.id,
    })
    expect(second.usage!.input_tokens - alone.usage!.input_tokens).toBe(first.usage!.total_tokens)
    await expect(
      client.responses.create({ ...ask('And?'), previous_response_id: 'resp_none' }),
    ).rejects.toMatchObject({ status: 400, code: 'previous_response_not_found' })
  })

  test('ends at max_output_tokens', async () => {
    const made = await clientOf(server).responses.create({ ...ask(questions.travel), max_output_tokens: 16 })
    expect(made).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      usage: { output_tokens: 16 },
    })
    expect(server.answerFor(questions.travel).startsWith(made.output_text)).toBe(true)
  })

  test('takes instructions and messages, and answers the last of the user', async () => {
    const made = await clientOf(server).responses.create({
      model: 'sluice-echo',
      instructions: 'Be brief.',
      input: [
        { role: 'user', content: 'first' },
        { role: 'assistant', content: 'so?' },
        { role: 'user', content: [{ type: 'input_text', text: 'second' }] },
      ],
      metadata: { purpose: 'test' },
    })
    expect(made).toMatchObject({
      output_text: 'second',
      instructions: 'Be brief.',
      metadata: { purpose: 'test' },
    })
  })
})

describe('a model’s behaviour', () => {
  test('a refusal', async () => {
    const response = await clientOf(server).responses.stream(ask('x', 'sluice-refusal')).finalResponse()
    const refusal = 'I’m sorry, but I can’t help with that.'
    expect(response.output).toMatchObject([{ type: 'message', content: [{ type: 'refusal', refusal }] }])
  })

  test('reasoning is a separate item before the message', async () => {
    const client = clientOf(server)
    const { items } = await readAll(
      client.responses.create({ ...ask('x', 'sluice-reasoning'), stream: true }),
    )
    const response = await client.responses.stream(ask('x', 'sluice-reasoning')).finalResponse()
    const thought = items.map((event) =>
      event.type === 'response.reasoning_summary_text.delta' ? event.delta : '',
    )
    const [reasoning, message] = response.output
    expect(reasoning).toMatchObject({ type: 'reasoning', summary: [{ text: thought.join('') }] })
    expect(thought.join('')).toContain('Reading it again')
    expect(message).toMatchObject({ type: 'message', status: 'completed' })
    expect(response.output_text).toBe(server.answerFor('x'))
    expect(response.usage?.output_tokens_details.reasoning_tokens).toBe(countTokens(thought.join('')))
  })

  test('tools are called, and their output is answered', async () => {
    const client = clientOf(server)
    const tool = (name: string) => ({
      type: 'function' as const,
      name,
      parameters: { type: 'object', properties: { text: { type: 'string' } } },
      strict: false,
    })
    const request = { ...ask('where?', 'sluice-tools'), tools: [tool('find'), tool('look')] }
    const response = await client.responses.stream(request).finalResponse()
    expect(response.output).toMatchObject([
      { type: 'function_call', name: 'find', arguments: '{"text":"where?"}', status: 'completed' },
      { type: 'function_call', name: 'look', arguments: '{"text":"where?"}', status: 'completed' },
    ])
    const answer = await client.responses.create({
      ...request,
      previous_response_id: response.id,
      input: [
        { role: 'user', content: 'where?' },
        { type: 'function_call_output', call_id: 'call_x', output: 'there' },
      ],
    })
    expect(answer.output_text).toBe(server.answerFor('where?'))
  })
})

describe('a background response', () => {
  test('goes on without its client, and its stream is resumed without gap or repeat', async () => {
    const client = clientOf(server)
    const question = questions.logging
    const headers = { 'x-model-tokens-per-second': '4000' }
    const stream = await client.responses.create(
      { ...ask(question), background: true, stream: true },
      { headers },
    )
    const before = []
    for await (const event of stream) {
      before.push(event)
      if (before.length === 40) break
    }
    const created = before[0]
    const id = created?.type === 'response.created' ? created.response.id : ''
    expect(await server.requests[0]?.ended).toBe('client_hung_up')

    const last = before.at(-1)!.sequence_number
    const after = await readAll(client.responses.retrieve(id, { stream: true, starting_after: last }))
    const events = [...before, ...after.items]
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index))
    expect(events.slice(0, 3).map(({ type }) => type)).toEqual([
      'response.created',
      'response.queued',
      'response.in_progress',
    ])
    expect(events.at(-1)?.type).toBe('response.completed')
    expect(textOf(events)).toBe(server.answerFor(question))

    const again = await readAll(client.responses.retrieve(id, { stream: true }))
    expect(again.items).toEqual(events)
  })

  test('a connection fault does not reach the model: what was lost can be fetched', async () => {
    const client = clientOf(server)
    const request = {
      ...ask(questions.travel, 'sluice-fault-reset'),
      background: true,
      stream: true,
    } as const
    const broken = await readAll(client.responses.create(request))
    expect(broken.error).toBeInstanceOf(Error)
    const created = broken.items[0]
    const id = created?.type === 'response.created' ? created.response.id : ''
    const last = broken.items.at(-1)!.sequence_number

    const headers = { 'x-model-fault': 'truncate; after=30; times=1; key=resume' }
    const short = await readAll(
      client.responses.retrieve(id, { stream: true, starting_after: last }, { headers }),
    )
    const rest = await readAll(
      client.responses.retrieve(
        id,
        { stream: true, starting_after: short.items.at(-1)!.sequence_number },
        { headers },
      ),
    )
    expect(textOf([...broken.items, ...short.items, ...rest.items])).toBe(server.answerFor(questions.travel))
    expect(server.requests.map(({ fault, outcome }) => [fault, outcome])).toEqual([
      ['reset', 'fault'],
      ['truncate', 'fault'],
      [undefined, 'completed'],
    ])
  })

  test('is queued at first, and completed when one asks later', async () => {
    const client = clientOf(server)
    const made = await client.responses.create({ ...ask(questions.travel), background: true })
    expect(made).toMatchObject({ status: 'queued', output: [] })
    let response = made
    while (response.status !== 'completed') response = await client.responses.retrieve(made.id)
    expect(response.output_text).toBe(server.answerFor(questions.travel))
  })

  test('is cancelled: the model stops, the stream ends', async () => {
    const client = clientOf(server)
    const headers = { 'x-model-tokens-per-second': '20' }
    const request = { ...ask(questions.travel), background: true, stream: true } as const
    const stream = await client.responses.create(request, { headers })
    const events = []
    for await (const event of stream) {
      events.push(event)
      if (event.type === 'response.created') {
        const cancelled = await client.responses.cancel(event.response.id)
        expect(cancelled.status).toBe('cancelled')
        expect((await client.responses.retrieve(event.response.id)).status).toBe('cancelled')
      }
    }
    expect(events.some(({ type }) => type === 'response.completed')).toBe(false)
    expect(await server.requests[0]?.ended).toBe('completed')
  })

  test('only background responses are cancelled or followed', async () => {
    const client = clientOf(server)
    const made = await client.responses.create(ask('Hi', 'sluice-echo'))
    await expect(client.responses.cancel(made.id)).rejects.toMatchObject({ status: 400 })
    await expect(client.responses.retrieve(made.id, { stream: true })).rejects.toMatchObject({ status: 400 })
    await expect(client.responses.cancel('resp_none')).rejects.toMatchObject({ status: 404 })
    await expect(
      client.responses.create({ ...ask('Hi'), background: true, store: false }),
    ).rejects.toMatchObject({ status: 400, param: 'store' })
  })
})
