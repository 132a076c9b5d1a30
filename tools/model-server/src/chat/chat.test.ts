import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { chat, clientOf, contentOf, finishOf, questions, readAll } from '../../test/support.ts'
import { countTokens, type ModelServer, startModelServer } from '../index.ts'

let server: ModelServer
beforeAll(async () => {
  server = await startModelServer({ ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY })
})
beforeEach(() => server.reset())
afterAll(() => server.close())

describe('a streamed answer', () => {
  test.each(Object.entries(questions))('%s arrives character for character', async (name, question) => {
    const { items, error } = await readAll(
      clientOf(server).chat.completions.create({ ...chat(question), stream: true }),
    )
    expect(error).toBeUndefined()
    expect(contentOf(items)).toBe(server.answerFor(question))
    expect(finishOf(items)).toBe('stop')
    expect(contentOf(items).includes(question)).toBe(name === 'default')
  })

  test('consists of valid Unicode, delta by delta', async () => {
    const client = clientOf(server)
    const { items } = await readAll(
      client.chat.completions.create({ ...chat(questions.languages), stream: true }),
    )
    const deltas = items.map((chunk) => chunk.choices[0]?.delta.content ?? '')
    expect(deltas.filter((delta) => !delta.isWellFormed() || delta.includes('\uFFFD'))).toEqual([])
    expect(deltas.length).toBeGreaterThan(500)
  })

  test('is framed as OpenAI frames it', async () => {
    const { data, response } = await clientOf(server)
      .chat.completions.create({ ...chat('Hello 你好', 'sluice-echo'), stream: true })
      .withResponse()
    const { items } = await readAll(Promise.resolve(data))

    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(response.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/)
    expect(response.headers.get('x-request-id')).toBe(server.requests[0]?.id)
    expect(Number(response.headers.get('openai-processing-ms'))).toBeGreaterThan(0)
    expect(items[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '', refusal: null })
    expect(items.at(-1)?.choices[0]).toMatchObject({ delta: {}, finish_reason: 'stop' })
    expect(new Set(items.map(({ id }) => id)).size).toBe(1)
    expect(items[0]).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-\w{29}$/),
      object: 'chat.completion.chunk',
      model: 'sluice-echo',
      service_tier: 'default',
      system_fingerprint: expect.stringMatching(/^fp_\w+$/),
    })
    expect(items.every((chunk) => !('usage' in chunk))).toBe(true)
  })

  test('ends with [DONE], and has padding unless it is not wanted', async () => {
    const raw = async (stream_options: object) => {
      const response = await fetch(`${server.baseURL}/chat/completions`, {
        method: 'POST',
        headers: { authorization: 'Bearer x', 'content-type': 'application/json' },
        body: JSON.stringify({ ...chat('Hi', 'sluice-echo'), stream: true, stream_options }),
      })
      return response.text()
    }
    expect(await raw({})).toMatch(/"obfuscation":"\w+".*\n\ndata: \[DONE\]\n\n$/)
    expect(await raw({ include_obfuscation: false })).not.toContain('obfuscation')
  })

  test('is understood by the client’s own accumulator', async () => {
    const stream = clientOf(server).chat.completions.stream(chat(questions.algorithms))
    const completion = await stream.finalChatCompletion()
    expect(completion.choices[0]?.message.content).toBe(server.answerFor(questions.algorithms))
  })
})

describe('usage', () => {
  test('comes last and counts real tokens', async () => {
    const { items } = await readAll(
      clientOf(server).chat.completions.create({
        ...chat(questions.travel),
        stream: true,
        stream_options: { include_usage: true },
      }),
    )
    const completion = countTokens(server.answerFor(questions.travel))
    const prompt = 3 + 3 + countTokens('user') + countTokens(questions.travel)
    expect(items.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion },
    })
    expect(items.slice(0, -1).every(({ usage }) => usage === null)).toBe(true)
    expect(server.requests[0]?.tokens).toBe(completion)
  })

  test('is part of an answer that is not streamed', async () => {
    const completion = await clientOf(server).chat.completions.create(chat(questions.database))
    const text = server.answerFor(questions.database)
    expect(completion.choices[0]?.message).toEqual({
      role: 'assistant',
      content: text,
      refusal: null,
      annotations: [],
    })
    expect(completion.usage?.completion_tokens).toBe(countTokens(text))
    expect(completion.object).toBe('chat.completion')
    expect(completion._request_id).toBe(server.requests[0]?.id)
  })
})

describe('a model’s behaviour', () => {
  const question = 'What is 🧑‍🚀 in 中文?'

  test('echo says the question', async () => {
    const { items } = await readAll(
      clientOf(server).chat.completions.create({ ...chat(question, 'sluice-echo'), stream: true }),
    )
    expect(contentOf(items)).toBe(question)
  })

  test('a refusal is no content', async () => {
    const request = chat(question, 'sluice-refusal')
    const { items } = await readAll(clientOf(server).chat.completions.create({ ...request, stream: true }))
    const whole = await clientOf(server).chat.completions.create(request)
    const refusal = items.map((chunk) => chunk.choices[0]?.delta.refusal ?? '').join('')
    expect(refusal).toBe('I’m sorry, but I can’t help with that.')
    expect(contentOf(items)).toBe('')
    expect(whole.choices[0]?.message).toMatchObject({ content: null, refusal })
  })

  test('reasoning comes before the answer and is counted apart', async () => {
    const { items } = await readAll(
      clientOf(server).chat.completions.create({
        ...chat(question, 'sluice-reasoning'),
        stream: true,
        stream_options: { include_usage: true },
      }),
    )
    const deltas = items.flatMap((chunk) => chunk.choices.map(({ delta }) => delta))
    const firstContent = deltas.findIndex(({ content }) => content)
    const lastReasoning = deltas.findLastIndex((delta) => 'reasoning_content' in delta)
    expect(lastReasoning).toBeGreaterThan(10)
    expect(firstContent).toBe(lastReasoning + 1)
    expect(contentOf(items)).toBe(server.answerFor(question))
    expect(items.at(-1)?.usage?.completion_tokens_details?.reasoning_tokens).toBe(lastReasoning)
  })

  test('tools are called with arguments that fit their schema, and their output is answered', async () => {
    const parameters = {
      type: 'object',
      properties: {
        city: { type: 'string' },
        unit: { enum: ['C', 'F'] },
        days: { type: 'array', items: { type: 'integer' } },
      },
    }
    const tools = [
      { type: 'function' as const, function: { name: 'weather', parameters } },
      { type: 'function' as const, function: { name: 'now' } },
    ]
    const request = { ...chat(question, 'sluice-tools'), tools }
    const streamed = await clientOf(server).chat.completions.stream(request).finalChatCompletion()
    const whole = await clientOf(server).chat.completions.create(request)

    for (const completion of [streamed, whole]) {
      expect(completion.choices[0]?.finish_reason).toBe('tool_calls')
      const calls = completion.choices[0]?.message.tool_calls ?? []
      expect(calls.map((call) => call.type === 'function' && call.function.name)).toEqual(['weather', 'now'])
      const [first] = calls
      expect(first?.type === 'function' && JSON.parse(first.function.arguments)).toEqual({
        city: question,
        unit: 'C',
        days: [42],
      })
    }

    const [call] = whole.choices[0]?.message.tool_calls ?? []
    const answer = await clientOf(server).chat.completions.create({
      ...request,
      messages: [
        ...request.messages,
        whole.choices[0]!.message,
        { role: 'tool', tool_call_id: call!.id, content: '21 °C' },
      ],
    })
    expect(answer.choices[0]?.message.content).toBe(server.answerFor(question))
  })

  test('tool_choice narrows the tools down, or rules them out', async () => {
    const tool = (name: string) => ({ type: 'function' as const, function: { name } })
    const request = { ...chat(question, 'sluice-tools'), tools: [tool('one'), tool('two')] }
    const chosen = await clientOf(server).chat.completions.create({ ...request, tool_choice: tool('two') })
    expect(chosen.choices[0]?.message.tool_calls).toMatchObject([
      { function: { name: 'two', arguments: '{}' } },
    ])
    const none = await clientOf(server).chat.completions.create({ ...request, tool_choice: 'none' })
    expect(none.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: server.answerFor(question) },
    })
  })

  test.each(['sluice-long-2k', 'sluice-long-777'])('%s has exactly that many tokens', async (model) => {
    const completion = await clientOf(server).chat.completions.create(chat(question, model))
    const expected = model === 'sluice-long-2k' ? 2000 : 777
    expect(completion.usage?.completion_tokens).toBe(expected)
    expect(countTokens(completion.choices[0]?.message.content ?? '')).toBe(expected)
  })

  test('the length of an answer may be asked for by header', async () => {
    const headers = { 'x-model-answer-tokens': '123' }
    const completion = await clientOf(server).chat.completions.create(chat(question), { headers })
    expect(completion.usage?.completion_tokens).toBe(123)
  })
})

describe('what a request asks for', () => {
  test('max_completion_tokens cuts the answer', async () => {
    const { items } = await readAll(
      clientOf(server).chat.completions.create({
        ...chat(questions.logging),
        stream: true,
        max_completion_tokens: 20,
      }),
    )
    expect(finishOf(items)).toBe('length')
    expect(server.answerFor(questions.logging).startsWith(contentOf(items))).toBe(true)
    expect(server.requests[0]?.tokens).toBe(20)
  })

  test('max_completion_tokens that is not reached changes nothing', async () => {
    const request = { ...chat('short', 'sluice-echo'), max_completion_tokens: 1 }
    const completion = await clientOf(server).chat.completions.create(request)
    expect(completion.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'short' } })
  })

  test('stop ends the answer before the text', async () => {
    const request = { ...chat('one two three', 'sluice-echo'), stop: [' three', ' two'] }
    const completion = await clientOf(server).chat.completions.create(request)
    expect(completion.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'one' } })
  })

  test('the question may come in parts', async () => {
    const completion = await clientOf(server).chat.completions.create({
      model: 'sluice-echo',
      messages: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'first' },
            { type: 'text', text: 'second' },
          ],
        },
      ],
    })
    expect(completion.choices[0]?.message.content).toBe('first\nsecond')
  })
})
