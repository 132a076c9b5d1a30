import type { StreamingError } from '@sluice/core'
import type { UIMessage } from 'ai'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chatRequestOf } from './chat-request.ts'

const message: UIMessage = { id: 'm1', role: 'user', parts: [{ type: 'text', text: 'Hi' }] }
const tool = { type: 'tool-search', toolCallId: 'c1', state: 'output-available', input: {}, output: 1 }
const withPart = (part: unknown) => ({ messages: [{ ...message, parts: [part] }] })

test('what a client posts is read, with the fields that a page adds', () => {
  const body = {
    id: 'chat1',
    messages: [message],
    trigger: 'regenerate-message',
    messageId: 'm2',
    tone: 'dry',
  }
  expect(chatRequestOf(body)).toEqual({ ...body, tone: undefined, body } satisfies unknown)
  expect(chatRequestOf({ messages: [message] })).toMatchObject({
    id: undefined,
    trigger: 'submit-message',
    messageId: undefined,
  })
  expect(chatRequestOf({ id: 'chat1', message }).messages).toEqual([message])
  expect(chatRequestOf(withPart(tool)).messages[0]?.parts).toEqual([tool])
})

test.each([
  [undefined, 'The body'],
  ['text', 'The body'],
  [[], 'The body'],
  [{}, 'messages'],
  [{ messages: {} }, 'messages'],
  [{ messages: [] }, 'messages'],
  [{ messages: ['Hi'] }, 'messages[0]'],
  [{ messages: [message, { ...message, id: 1 }] }, 'messages[1].id'],
  [{ messages: [{ ...message, role: 'tool' }] }, 'messages[0].role'],
  [{ messages: [{ ...message, parts: 'Hi' }] }, 'messages[0].parts'],
  [withPart(null), 'messages[0].parts[0].type'],
  [withPart({ type: 'text' }), 'messages[0].parts[0].text'],
  [withPart({ type: 'file', mediaType: 'image/png' }), 'messages[0].parts[0].url'],
  [withPart({ type: 'file', mediaType: 'a/b', url: 'data:,', filename: 7 }), 'messages[0].parts[0].filename'],
  [withPart({ ...tool, toolCallId: undefined }), 'messages[0].parts[0].toolCallId'],
  [withPart({ ...tool, input: undefined, state: 'done' }), 'messages[0].parts[0].state'],
  [
    withPart({ type: tool.type, toolCallId: 'c1', state: tool.state, output: 1 }),
    'messages[0].parts[0].input',
  ],
  [withPart({ ...tool, state: 'output-error' }), 'messages[0].parts[0].errorText'],
  [withPart({ ...tool, type: 'dynamic-tool' }), 'messages[0].parts[0].toolName'],
  [{ message: 1 }, 'message'],
  [{ id: 7, messages: [message] }, 'id'],
  [{ id: 'a chat', messages: [message] }, 'id'],
  [{ messages: [message], trigger: 'resume' }, 'trigger'],
  [{ messages: [message], messageId: 1 }, 'messageId'],
])('%j is refused, and the sentence names the field', (body, field) => {
  expect(() => chatRequestOf(body)).toThrow(
    expect.objectContaining({
      type: 'invalid_request',
      message: expect.stringMatching(/: (has to|is missing)/),
    }),
  )
  expect(() => chatRequestOf(body)).toThrow(`${field}: `)
})

test('any JSON is read, or refused as a bad request', () => {
  const almost = fc.record(
    {
      id: fc.jsonValue(),
      messages: fc.array(fc.jsonValue()),
      message: fc.jsonValue(),
      trigger: fc.jsonValue(),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), almost), (body) => {
      try {
        chatRequestOf(body)
      } catch (error) {
        expect((error as StreamingError).type).toBe('invalid_request')
      }
    }),
  )
})
