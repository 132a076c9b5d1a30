import { describe, expect, test } from 'vitest'
import { chat, hi, refused, respond } from '../../../test/support/requests.ts'

describe('the input of a response becomes messages', () => {
  test('text, instructions, and parts', async () => {
    expect(await respond({ instructions: 'Be kind.' })).toEqual({
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: 'Hi' },
      ],
    })
    const input = [
      { role: 'developer', content: 'D' },
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: 'See' },
          { type: 'input_image', image_url: 'data:image/png;base64,AA', detail: 'low' },
          { type: 'input_file', file_data: 'AA', filename: 'a.pdf' },
          { type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } },
        ],
      },
      {
        type: 'message',
        role: 'assistant',
        id: 'msg_1',
        status: 'completed',
        content: [
          { type: 'output_text', text: 'No.', annotations: [] },
          { type: 'refusal', refusal: 'R' },
        ],
      },
    ]
    expect(await respond({ input })).toEqual({
      messages: [
        { role: 'developer', content: 'D' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'See' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AA', detail: 'low' } },
            { type: 'file', file: { file_data: 'AA', filename: 'a.pdf' } },
            { type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'No.' },
            { type: 'refusal', refusal: 'R' },
          ],
        },
      ],
    })
  })

  test('calls and their results, also those that the server made', async () => {
    const input = [
      { role: 'user', content: 'Hi' },
      { type: 'reasoning', id: 'rs_1', summary: [] },
      { role: 'assistant', content: 'Let me see.' },
      { type: 'function_call', call_id: 'c1', name: 'search', arguments: '{}' },
      { type: 'function_call', call_id: 'c2', name: 'search', arguments: '{"a":1}' },
      { type: 'function_call_output', call_id: 'c1', output: 'one' },
      { type: 'function_call_output', call_id: 'c2', output: [{ type: 'input_text', text: 'two' }] },
      { type: 'mcp_call', id: 'mcp_1', server_label: 'm', name: 'lookup', arguments: '{}', output: 'found' },
    ]
    const call = (id: string, name: string, args: string) => ({
      id,
      type: 'function',
      function: { name, arguments: args },
    })
    expect(await respond({ input })).toEqual({
      messages: [
        { role: 'user', content: 'Hi' },
        {
          role: 'assistant',
          content: 'Let me see.',
          tool_calls: [call('c1', 'search', '{}'), call('c2', 'search', '{"a":1}')],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'one' },
        { role: 'tool', tool_call_id: 'c2', content: [{ type: 'text', text: 'two' }] },
        { role: 'assistant', content: null, tool_calls: [call('mcp_1', 'lookup', '{}')] },
        { role: 'tool', tool_call_id: 'mcp_1', content: 'found' },
      ],
    })
  })
})

describe('results and calls', () => {
  const calls = {
    role: 'assistant',
    tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }],
  }
  const toolResult = (id: string) => ({ role: 'tool', tool_call_id: id, content: 'r' })
  const user = hi.messages[0]

  test.each<[object[], string, RegExp]>([
    [[user!, toolResult('c1')], 'messages[1].tool_call_id', /'c1'/],
    [[user!, calls, toolResult('c2')], 'messages[2].tool_call_id', /'c2'/],
    [[user!, calls, toolResult('c1'), toolResult('c1')], 'messages[3].tool_call_id', /'c1'/],
    [[user!, calls, user!], 'messages', /none: c1/],
    [[user!, calls], 'messages', /none: c1/],
  ])('chat: a result for no call, and a call without its result %#', async (messages, param, message) => {
    expect(await chat({ messages })).toEqual(refused(param, 'invalid_value', message))
  })

  test('chat: a call with its result', async () => {
    const messages = [user, calls, toolResult('c1'), user]
    expect(await chat({ messages })).toEqual({ messages })
  })

  test('responses: a result for no call, and a call without its result', async () => {
    const output = { type: 'function_call_output', call_id: 'c1', output: 'r' }
    const call = { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' }
    expect(await respond({ input: [output] })).toEqual(refused('input[0].call_id', 'invalid_value', /'c1'/))
    expect(await respond({ input: [call] })).toEqual(refused('input', 'invalid_value', /none: c1/))
    const later = { input: [output], previous_response_id: 'resp_1' }
    expect(
      await respond(later, ({ previous_response_id, messages }) => [previous_response_id, messages]),
    ).toEqual(['resp_1', [{ role: 'tool', tool_call_id: 'c1', content: 'r' }]])
  })
})
