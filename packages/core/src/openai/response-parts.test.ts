import { describe, expect, test } from 'vitest'
import type { ErrorType, StreamingError } from '../errors.ts'
import { type ResponsePart, ResponseParts } from './response-parts.ts'

/** The parts of events that a server may send and the model server does not, without the fields that nobody reads. */
function partsOf(...said: readonly object[]): ResponsePart[] {
  const response = new ResponseParts()
  const parts: ResponsePart[] = []
  for (const event of said) response.take({ ...event }, parts)
  return parts
}

function failureOf(event: object): StreamingError {
  try {
    partsOf(event)
  } catch (error) {
    return error as StreamingError
  }
  throw new Error('It did not fail.')
}

const completed = { type: 'response.completed', response: { usage: null } }
const added = (output_index: number, item: object) => ({
  type: 'response.output_item.added',
  output_index,
  item,
})
const done = (output_index: number, item: object) => ({
  type: 'response.output_item.done',
  output_index,
  item,
})

describe('tool calls', () => {
  const find = { type: 'function_call', call_id: 'call_1', name: 'find', arguments: '' }
  const run = { type: 'custom_tool_call', call_id: 'call_2', name: 'run', input: '' }

  test('are counted by themselves, whatever else is in the output', () => {
    const parts = partsOf(
      added(0, { type: 'reasoning', summary: [] }),
      added(1, find),
      { type: 'response.function_call_arguments.delta', output_index: 1, delta: '{"q":' },
      added(2, { type: 'web_search_call' }),
      added(3, run),
      { type: 'response.custom_tool_call_input.delta', output_index: 3, delta: 'ls' },
      { type: 'response.function_call_arguments.delta', output_index: 1, delta: '1}' },
      done(1, { ...find, arguments: '{"q":1}' }),
      done(3, { ...run, input: 'ls' }),
      completed,
    )
    expect(parts).toEqual([
      { type: 'tool_call', index: 0, id: 'call_1', name: 'find' },
      { type: 'tool_call', index: 0, arguments: '{"q":' },
      { type: 'tool_call', index: 1, id: 'call_2', name: 'run' },
      { type: 'tool_call', index: 1, arguments: 'ls' },
      { type: 'tool_call', index: 0, arguments: '1}' },
      { type: 'finish', finishReason: 'tool_calls' },
    ])
  })

  test('come whole from a server that sends no deltas of them, or no beginning', () => {
    const whole = { ...find, arguments: '{"q":1}' }
    const call = { type: 'tool_call', index: 0, id: 'call_1', name: 'find' }
    expect(partsOf(done(0, whole))).toEqual([{ ...call, arguments: '{"q":1}' }])
    expect(partsOf(added(0, find), done(0, whole))).toEqual([
      call,
      { type: 'tool_call', index: 0, arguments: '{"q":1}' },
    ])
    expect(partsOf(added(0, whole), done(0, whole))).toEqual([{ ...call, arguments: '{"q":1}' }])
  })
})

test('reasoning texts are a blank line apart', () => {
  const summary = (summary_index: number, delta: string) => ({
    type: 'response.reasoning_summary_text.delta',
    output_index: 0,
    summary_index,
    delta,
  })
  const text = { type: 'response.reasoning_text.delta', output_index: 2, content_index: 0, delta: 'So.' }
  const parts = partsOf(summary(0, '**One** a'), summary(0, 'b'), summary(1, '**Two**'), text)
  expect(parts.map((part) => 'content' in part && part.content)).toEqual([
    '**One** a',
    'b',
    '\n\n**Two**',
    '\n\nSo.',
  ])
})

test('usage without details has none', () => {
  const usage = { input_tokens: 1, output_tokens: 2, total_tokens: 3 }
  expect(partsOf({ type: 'response.completed', response: { usage } })).toEqual([
    { type: 'finish', finishReason: 'stop', usage },
  ])
})

test.each([
  [{ reason: 'max_output_tokens' }, 'length'],
  [{ reason: 'max_messages' }, 'max_messages'],
  [null, 'incomplete'],
])('incomplete because of %j: %s', (incomplete_details, finishReason) => {
  expect(partsOf({ type: 'response.incomplete', response: { incomplete_details } })).toEqual([
    { type: 'finish', finishReason },
  ])
})

test.each<[string | null, ErrorType, boolean]>([
  ['server_error', 'api_error', true],
  ['rate_limit_exceeded', 'rate_limit', true],
  ['insufficient_quota', 'quota_exceeded', false],
  ['context_length_exceeded', 'context_length_exceeded', false],
  ['server_is_overloaded', 'server_overloaded', true],
  ['slow_down', 'server_overloaded', true],
  ['invalid_prompt', 'invalid_request', false],
  ['bio_policy', 'content_filter', false],
  ['image_content_policy_violation', 'content_filter', false],
  ['failed_to_download_image', 'invalid_request', false],
  ['vector_store_timeout', 'api_error', true],
  ['constructor', 'api_error', true],
  ['never_heard_of', 'api_error', true],
  [null, 'api_error', true],
])('a failure with the code %s is %s', (code, type, recoverable) => {
  const error = { code, message: 'sk-secret' }
  for (const event of [
    { type: 'response.failed', response: { error } },
    { type: 'error', ...error },
  ]) {
    const failure = failureOf(event)
    expect(failure).toMatchObject({ type, recoverable, cause: { code } })
    expect(failure.message).not.toContain('sk-secret')
  }
})

test.each([
  ['Rate limit reached for gpt-5. Please try again in 1.5s. Visit …', 1500],
  ['Please try again in 28ms.', 28],
  ['Please slow down.', undefined],
])('a rate limit in the middle: %s', (message, retryAfterMs) => {
  const error = { code: 'rate_limit_exceeded', message }
  expect(failureOf({ type: 'response.failed', response: { error } }).retryAfterMs).toBe(retryAfterMs)
})

test('a failure that says nothing is one of the provider', () => {
  expect(failureOf({ type: 'response.failed', response: { error: null } }).type).toBe('api_error')
})
