// #region tanstack
import { resumingFetch } from '@sluice/client/fetch'
import { ChatClient, fetchServerSentEvents } from '@tanstack/ai-client'

export const client = new ChatClient({
  connection: fetchServerSentEvents('/agent', { fetchClient: resumingFetch() }),
  threadId: 'thread-1',
})
await client.sendMessage('Where do I begin?')
const { parts } = client.getMessages().at(-1)!
document.body.textContent = parts.map((part) => (part.type === 'text' ? part.content : '')).join('')
// #endregion
