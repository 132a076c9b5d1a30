import { HttpAgent } from '@ag-ui/client'
import { resumingFetch } from '@sluice/client/fetch'
import { ChatClient, fetchServerSentEvents } from '@tanstack/ai-client'

// The steps that the test of a page runs in it. Plain values go in and out.

const fetch = resumingFetch({ retry: { baseMs: 1, capMs: 4 }, silenceMs: 800, startMs: 1_600 })

/** The text of the answer to a question, as a client shows it. */
export async function ask(name: 'HttpAgent' | 'ChatClient', seed: number): Promise<string> {
  if (name === 'HttpAgent') {
    const agent = new HttpAgent({
      url: '/agent',
      fetch,
      initialMessages: [{ id: 'u', role: 'user', content: `${seed}` }],
    })
    await agent.runAgent()
    return agent.messages.map((m) => (m.role === 'assistant' ? (m.content ?? '') : '')).join('')
  }
  const connection = fetchServerSentEvents('/agent', { fetchClient: fetch })
  const client = new ChatClient({ connection, threadId: `thread-${seed}` })
  await client.sendMessage(`${seed}`)
  const parts = client.getMessages().flatMap((m) => (m.role === 'assistant' ? m.parts : []))
  return parts.map((part) => (part.type === 'text' ? part.content : '')).join('')
}
