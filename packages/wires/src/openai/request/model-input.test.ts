import { describe, expect, test } from 'vitest'
import { chat, flatSearch, hi, type Input, refused, respond, search } from '../../../test/support/requests.ts'

describe('a parameter that the answer would not follow', () => {
  test.each<[object, string, string]>([
    [{ n: 2 }, 'n', 'unsupported_value'],
    [{ logprobs: true }, 'logprobs', 'unsupported_value'],
    [{ top_logprobs: 3 }, 'top_logprobs', 'unsupported_value'],
    [{ modalities: ['text', 'audio'] }, 'modalities', 'unsupported_value'],
    [{ tools: [search] }, 'tools', 'unsupported_parameter'],
    [{ tool_choice: 'required' }, 'tool_choice', 'unsupported_parameter'],
    [{ response_format: { type: 'json_object' } }, 'response_format', 'unsupported_parameter'],
    [{ stop: ['\n'] }, 'stop', 'unsupported_parameter'],
    [{ functions: [{ name: 'f' }] }, 'functions', 'unsupported_parameter'],
    [{ parallel_tool_calls: false }, 'parallel_tool_calls', 'unsupported_parameter'],
    [{ web_search_options: {} }, 'web_search_options', 'unsupported_parameter'],
    [{ my_own: 1 }, 'my_own', 'unknown_parameter'],
  ])('is named: chat %j', async (body, param, code) => {
    expect(await chat(body)).toEqual(refused(param, code))
  })

  test.each<[object, string, string]>([
    [{ include: ['message.output_text.logprobs'] }, 'include', 'unsupported_value'],
    [{ top_logprobs: 1 }, 'top_logprobs', 'unsupported_value'],
    [{ tools: [flatSearch] }, 'tools', 'unsupported_parameter'],
    [{ text: { format: { type: 'json_object' } } }, 'text', 'unsupported_parameter'],
    [{ previous_response_id: 'resp_1' }, 'previous_response_id', 'unsupported_parameter'],
    [{ conversation: 'conv_1' }, 'conversation', 'unsupported_parameter'],
    [{ prompt: { id: 'p' } }, 'prompt', 'unsupported_parameter'],
    [{ my_own: 1 }, 'my_own', 'unknown_parameter'],
    [{ input: [{ type: 'item_reference', id: 'x' }] }, 'input[0].type', 'unsupported_value'],
    [
      { input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'f' }] }] },
      'input[0].content[0]',
      'unsupported_value',
    ],
  ])('is named: response %j', async (body, param, code) => {
    expect(await respond(body)).toEqual(refused(param, code))
  })

  test('is the application’s if it reads it', async () => {
    const tools = {
      tools: [search],
      tool_choice: 'required',
      stop: 'x',
      parallel_tool_calls: false,
      my_own: 1,
    }
    const reading: Input = ({ messages, tools, tool_choice, stop, parallel_tool_calls, body }) => ({
      messages,
      tools,
      tool_choice,
      stop,
      parallel_tool_calls,
      mine: body.my_own,
    })
    expect(await chat(tools, reading)).toEqual({
      ...tools,
      my_own: undefined,
      mine: 1,
      messages: hi.messages,
    })
    const response = {
      tools: [flatSearch],
      text: { format: { type: 'json_object' } },
      previous_response_id: 'resp_1',
      conversation: { id: 'c' },
    }
    expect(
      await respond(response, ({ tools, response_format, previous_response_id, conversation }) => ({
        tools,
        response_format,
        previous_response_id,
        conversation,
      })),
    ).toEqual({
      tools: [
        { type: 'function', function: { name: 'search', parameters: { type: 'object' }, strict: true } },
      ],
      response_format: { type: 'json_object' },
      previous_response_id: 'resp_1',
      conversation: 'c',
    })
  })

  test.each<[string, Input]>([
    ['the request itself', (request) => request],
    ['a copy', (request) => ({ ...request })],
    ['the request within the input', (request) => ({ at: [{ request }] })],
    ['the body', ({ body }) => ({ body })],
    ['a promise of it', async (request) => ({ request })],
  ])('is the application’s if it takes all of it: %s', async (_name, input) => {
    expect(JSON.stringify(await chat({ tools: [search], my_own: 1 }, input))).toContain('"my_own":1')
  })

  test('tools that OpenAI runs itself are the application’s if it reads them from the body', async () => {
    const body = { tools: [flatSearch, { type: 'web_search' }] }
    expect(await respond(body, ({ tools }) => ({ tools }))).toEqual(
      refused('tools[1].type', 'unsupported_value', /web_search/),
    )
    expect(await respond(body, ({ body }) => ({ tools: body.tools }))).toEqual(body)
  })
})

test('what does not change the answer is ignored, and advice is handed on', async () => {
  const ignored = {
    metadata: { a: 'b' },
    user: 'u',
    store: true,
    safety_identifier: 's',
    prompt_cache_key: 'k',
    service_tier: 'flex',
  }
  const trivial = {
    n: 1,
    logprobs: false,
    top_logprobs: 0,
    tools: [],
    tool_choice: 'auto',
    response_format: { type: 'text' },
    modalities: ['text'],
    parallel_tool_calls: true,
    stop: null,
    audio: null,
    my_own: null,
  }
  const advice = {
    temperature: 0.5,
    top_p: 1,
    max_tokens: 5,
    seed: 1,
    reasoning_effort: 'low',
    logit_bias: { 5: -1 },
  }
  expect(await chat({ ...ignored, ...trivial, ...advice })).toEqual({ messages: hi.messages })
  expect(await chat(advice, ({ temperature, max_tokens }) => ({ temperature, max_tokens }))).toEqual({
    temperature: 0.5,
    max_tokens: 5,
  })
  const response = {
    ...ignored,
    include: ['reasoning.encrypted_content'],
    truncation: 'auto',
    text: { verbosity: 'low' },
    reasoning: { effort: 'low' },
    max_output_tokens: 7,
  }
  expect(
    await respond(response, ({ max_completion_tokens, reasoning_effort, verbosity }) => ({
      max_completion_tokens,
      reasoning_effort,
      verbosity,
    })),
  ).toEqual({ max_completion_tokens: 7, reasoning_effort: 'low', verbosity: 'low' })
})
