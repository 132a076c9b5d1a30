import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ask, chat, hi, inputOf, refused, respond, search, toInput } from '../../../test/support/requests.ts'
import { parseChat } from './chat.ts'
import { parseResponse } from './responses.ts'

describe('a body that is wrong is refused, and the parameter is named', () => {
  test.each<[object | null | string, string | null, string | null, RegExp]>([
    [{ temperature: '1' }, 'temperature', 'invalid_type', /expected a number, but got a string/],
    [{ temperature: 2.5 }, 'temperature', 'decimal_above_max_value', /at most 2/],
    [{ max_tokens: 0 }, 'max_tokens', 'integer_below_min_value', /at least 1/],
    [{ max_tokens: 1.5 }, 'max_tokens', 'invalid_type', /expected an integer/],
    [{ stream: 'yes' }, 'stream', 'invalid_type', /a boolean/],
    [{ model: 5 }, 'model', 'invalid_type', /a string, but got a number/],
    [{ model: undefined }, 'model', 'missing_required_parameter', /'model'/],
    [{ messages: undefined }, 'messages', 'missing_required_parameter', /'messages'/],
    [{ messages: [] }, 'messages', 'empty_array', /at least 1 item/],
    [{ messages: 'Hi' }, 'messages', 'invalid_type', /an array, but got a string/],
    [{ messages: ['Hi'] }, 'messages[0]', 'invalid_type', /an object/],
    [{ messages: [{ content: 'Hi' }] }, 'messages[0].role', 'missing_required_parameter', /role/],
    [{ messages: [{ role: 'boss', content: 'Hi' }] }, 'messages[0].role', 'invalid_value', /'boss'.*'user'/],
    [{ messages: [{ role: 'user' }] }, 'messages[0].content', 'missing_required_parameter', /content/],
    [{ messages: [{ role: 'user', content: 5 }] }, 'messages[0].content', 'invalid_type', /got a number/],
    [
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }] },
      'messages[0].content[0].image_url.url',
      'missing_required_parameter',
      /url/,
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'video' }] }] },
      'messages[0].content[0].type',
      'invalid_value',
      /'video'/,
    ],
    [{ tools: [{ type: 'function' }] }, 'tools[0].function', 'missing_required_parameter', /function/],
    [
      { tools: [{ type: 'function', function: { name: 'a b' } }] },
      'tools[0].function.name',
      'invalid_value',
      /name/,
    ],
    [{ tools: Array(129).fill(search) }, 'tools', 'array_above_max_length', /at most 128/],
    [
      { response_format: { type: 'json_schema' } },
      'response_format.json_schema',
      'missing_required_parameter',
      /./,
    ],
    [{ stream_options: { include_usage: true } }, 'stream_options', null, /only allowed when 'stream'/],
  ])('chat %j', async (body, param, code, message) => {
    expect(await chat(body as object)).toEqual(refused(param, code, message))
  })

  test.each([null, 'text', 5, [], undefined])('a body that is no object: %j', async (body) => {
    expect(await inputOf(() => parseChat(body), toInput)).toEqual(refused(null, null, /JSON object/))
    expect(await inputOf(() => parseResponse(body), toInput)).toEqual(refused(null, null, /JSON object/))
  })

  test.each<[object, string, string, RegExp]>([
    [{ input: undefined }, 'input', 'missing_required_parameter', /'input'/],
    [{ input: 5 }, 'input', 'invalid_type', /got a number/],
    [{ input: [5] }, 'input[0]', 'invalid_type', /an object/],
    [{ input: [{ role: 'boss', content: 'Hi' }] }, 'input[0].role', 'invalid_value', /'boss'/],
    [{ input: [{ role: 'user' }] }, 'input[0].content', 'missing_required_parameter', /content/],
    [
      { input: [{ role: 'user', content: [{ type: 'input_text' }] }] },
      'input[0].content[0].text',
      'missing_required_parameter',
      /text/,
    ],
    [
      { input: [{ type: 'function_call', name: 'f' }] },
      'input[0].call_id',
      'missing_required_parameter',
      /call_id/,
    ],
    [{ max_output_tokens: 'many' }, 'max_output_tokens', 'invalid_type', /a number/],
    [{ background: 1 }, 'background', 'invalid_type', /a boolean/],
    [{ tools: [{ type: 'function', name: 'x'.repeat(65) }] }, 'tools[0].name', 'invalid_value', /name/],
    [{ text: { format: { type: 'json_schema' } } }, 'text.format.name', 'missing_required_parameter', /name/],
  ])('response %j', async (body, param, code, message) => {
    expect(await respond(body)).toEqual(refused(param, code, message))
  })

  test('whatever the body is, the answer is an input or an error of OpenAI’s', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.jsonValue(), async (body, field) => {
        for (const given of [
          body,
          { ...hi, messages: field },
          { ...ask, input: field },
          { ...hi, tools: field },
        ]) {
          await inputOf(() => parseChat(given), toInput)
          await inputOf(() => parseResponse(given), toInput)
        }
      }),
    )
  })
})
