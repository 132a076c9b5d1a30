import { conversation, createClient, sse } from '@sluice/client'
import type { Streams } from './server.ts'

const client = createClient<Streams>({ transport: sse({ url: '/streams' }) })
const chat = conversation(client, 'chat', {
  id: 'trip-to-rome',
  toInput: ({ message }) => ({ question: message.text }),
})
chat.subscribe(() => {
  document.body.textContent = chat.messages.map(({ role, text }) => `${role}: ${text}`).join('\n')
})
await chat.send('Where do I begin?')
