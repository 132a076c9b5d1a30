import { data } from '@sluice/core'
import { defineStream } from '@sluice/core/server'
import { z } from 'zod'
import { conversation, type MessagePart, type StreamClient } from '../../src/index.ts'
import { useConversation } from '../../src/react/index.ts'

// Types alone: `tsc` is the test.

const messages = z.array(
  z.object({
    id: z.string(),
    role: z.enum(['user', 'assistant', 'tool']),
    parts: z.array(z.looseObject({ type: z.string() })),
  }),
)

const streams = {
  chat: defineStream({
    input: z.object({ id: z.string(), messages }),
    async *run() {
      yield 'text'
      yield data('source', { url: '/a' })
    },
  }),
  question: defineStream({
    input: z.object({ question: z.string() }),
    async *run() {
      yield 'text'
    },
  }),
}

declare const client: StreamClient<typeof streams>

// Takes the messages as they are, so nothing makes an input of them.
const chat = conversation(client, 'chat', {
  id: 'trip',
  onData: (event) => {
    event.name satisfies 'source'
    event.data.url satisfies string
  },
})
const parts: readonly MessagePart<unknown>[] = chat.messages[0]!.parts
void parts
for (const part of chat.messages[0]!.parts) if (part.type === 'data_chunk') part.data.url satisfies string

conversation(client, 'question', { id: 'trip', toInput: ({ message }) => ({ question: message.text }) })

/** A component. */
export function Chat() {
  return useConversation(client, 'question', {
    id: 'trip',
    toInput: ({ message }) => ({ question: message.text }),
  }).messages
}

// @ts-expect-error takes another input, so `toInput` has to make it
conversation(client, 'question', { id: 'trip' })
// @ts-expect-error makes another input
conversation(client, 'question', { id: 'trip', toInput: () => ({ text: 'x' }) })
// @ts-expect-error there is no such stream
conversation(client, 'poem', { id: 'trip' })
