import { RunAgentInputSchema } from '@ag-ui/core/schemas'
import { expect, test } from 'vitest'
import { toChatMessages } from './chat-messages.ts'
import type { AgUiMessage } from './run-input.ts'

const messages: AgUiMessage[] = [
  { id: '1', role: 'system', content: 'Be brief.' },
  {
    ...{ id: '2', role: 'user' },
    content: [
      { type: 'text', text: 'What is this?' },
      { type: 'image', source: { type: 'data', value: 'AAAA', mimeType: 'image/png' } },
      { type: 'image', source: { type: 'url', value: 'https://a.example/i.png' } },
      { type: 'audio', source: { type: 'data', value: 'BBBB', mimeType: 'audio/wav' } },
      { type: 'document', source: { type: 'file', value: 'file-1' } },
      { type: 'video', source: { type: 'url', value: 'https://a.example/v.mp4' } },
    ],
  },
  { id: '3', role: 'reasoning', content: 'Hm.' },
  {
    id: '4',
    role: 'assistant',
    toolCalls: [{ id: 'c1', type: 'function', function: { name: 'look', arguments: '{}' } }],
  },
  { id: '5', role: 'tool', toolCallId: 'c1', content: [{ type: 'text', text: 'A cat.' }] },
  { id: '6', role: 'activity', activityType: 'search', content: {} },
  { id: '7', role: 'assistant', content: 'A cat.' },
]

test('messages of AG-UI are messages of Chat Completions, without what it has no form for', () => {
  expect(
    RunAgentInputSchema.safeParse({ threadId: 't', runId: 'r', messages, tools: [], context: [] }).success,
  ).toBe(true)
  expect(toChatMessages(messages)).toEqual([
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
        { type: 'image_url', image_url: { url: 'https://a.example/i.png' } },
        { type: 'input_audio', input_audio: { data: 'BBBB', format: 'wav' } },
        { type: 'file', file: { file_id: 'file-1' } },
      ],
    },
    {
      role: 'assistant',
      tool_calls: [{ id: 'c1', type: 'function', function: { name: 'look', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: 'c1', content: 'A cat.' },
    { role: 'assistant', content: 'A cat.' },
  ])
})
