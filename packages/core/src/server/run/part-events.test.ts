import { describe, expect, test } from 'vitest'
import { StreamingError } from '../../errors.ts'
import { data, type FinishPart, type Part, toolResult } from '../../parts.ts'
import { eventOfPart, finishOf, unknownPart } from './part-events.ts'

describe('eventOfPart', () => {
  test.each<[Exclude<Part, string>, object]>([
    [
      { type: 'tool_call', index: 0, id: 'a', name: 'search', arguments: '{"q' },
      { type: 'tool_call_chunk', index: 0, id: 'a', name: 'search', arguments: '{"q' },
    ],
    [
      { type: 'tool_call', index: 2, arguments: '":1}' },
      { type: 'tool_call_chunk', index: 2, arguments: '":1}' },
    ],
    [data('forecast', { celsius: 21 }), { type: 'data_chunk', name: 'forecast', data: { celsius: 21 } }],
  ])('of %o', (part, event) => {
    expect(eventOfPart(part)).toEqual(event)
  })

  test('carries the fields of its type, and no others', () => {
    const part = { type: 'tool_call', index: 1, secret: 'sk' } as unknown as Exclude<Part, string>
    expect(eventOfPart(part)).toEqual({ type: 'tool_call_chunk', index: 1 })
  })

  test.each([
    [{ type: 'nonsense' }],
    [{}],
    [{ type: 'tool_call' }],
    [{ type: 'tool_call', index: '0' }],
    [{ type: 'tool_call', index: 0, arguments: { not: 'text' } }],
    [{ type: 'data', data: 1 }],
    [{ type: 'data', name: 5, data: 1 }],
  ])('refuses %o', (part) => {
    expect(() => eventOfPart(part as Exclude<Part, string>)).toThrow(StreamingError)
  })
})

describe('unknownPart', () => {
  test.each([
    [{ type: 'nonsense' }, "an object of type 'nonsense'"],
    [undefined, 'undefined'],
    [null, 'null'],
    [5, '5'],
    [Symbol('s'), 'Symbol(s)'],
  ])('says of %s what it is to the server, and nothing to the visitor', (part, what) => {
    const error = unknownPart(part)
    expect(error.type).toBe('unexpected_error')
    expect(error.message).not.toContain(what)
    expect((error.cause as Error).message).toContain(what)
  })
})

describe('a field of a wrong type is named, with its part', () => {
  const hello = 'aGVsbG8='
  test.each<[string, string, object]>([
    ['tool_call', 'index', { index: '0' }],
    ['tool_call', 'index', { index: -1 }],
    ['tool_call', 'id', { index: 0, id: null }],
    ['tool_call', 'arguments', { index: 0, arguments: {} }],
    ['tool_result', 'id', { output: 1 }],
    ['tool_result', 'id', { id: '', output: 1 }],
    ['tool_result', 'isError', { id: 'a', isError: 'no' }],
    ['data', 'name', { data: 1 }],
    ['source', 'url', {}],
    ['source', 'url', { url: 'javascript:alert(1)' }],
    ['source', 'url', { url: ' java\nscript:alert(1)' }],
    ['source', 'url', { url: 'data:text/html,x' }],
    ['source', 'url', { url: 5 }],
    ['source', 'start', { url: '/a', start: 1.5 }],
    ['source', 'title', { title: 7 }],
    ['file', 'mediaType', { data: hello }],
    ['file', 'mediaType', { mediaType: 'png', data: hello }],
    ['file', 'data', { mediaType: 'image/png' }],
    ['file', 'data', { mediaType: 'image/png', data: hello, url: '/a.png' }],
    ['file', 'data', { mediaType: 'image/png', data: 'no base64' }],
    ['file', 'url', { mediaType: 'image/png', url: 'vbscript:x' }],
  ])('%s: %s of %j', (type, field, fields) => {
    const refused = () => eventOfPart({ type, ...fields } as unknown as Exclude<Part, string>)
    expect(refused).toThrow(expect.objectContaining({ type: 'unexpected_error' }))
    expect(refused).toThrow(
      expect.objectContaining({
        cause: expect.objectContaining({
          message: expect.stringContaining(`a ${type} part whose '${field}'`),
        }),
      }),
    )
  })

  test.each<[string, object]>([
    ['finishReason', { finishReason: null }],
    ['usage', { finishReason: 'stop', usage: null }],
    ['usage.input_tokens', { finishReason: 'stop', usage: { output_tokens: 1, total_tokens: 1 } }],
    [
      'usage.details.cost',
      {
        finishReason: 'stop',
        usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2, details: { cost: '1' } },
      },
    ],
  ])('finish: %s of %j', (field, fields) => {
    const refused = () => finishOf({ type: 'finish', ...fields } as unknown as FinishPart)
    expect(refused).toThrow(
      expect.objectContaining({
        cause: expect.objectContaining({ message: expect.stringContaining(`'${field}'`) }),
      }),
    )
  })
})

test('results, sources and files become events with the names of the wire', () => {
  expect(eventOfPart(toolResult('a', { sum: 3 }))).toMatchObject({
    type: 'tool_result',
    id: 'a',
    output: { sum: 3 },
    is_error: false,
  })
  expect(
    eventOfPart({ type: 'source', url: 'https://example.com/', title: 'Example', start: 0, end: 4 }),
  ).toEqual({
    type: 'source',
    url: 'https://example.com/',
    title: 'Example',
    start: 0,
    end: 4,
  })
  expect(eventOfPart({ type: 'file', mediaType: 'image/png', url: '/a.png' })).toEqual({
    type: 'file',
    media_type: 'image/png',
    url: '/a.png',
  })
})
