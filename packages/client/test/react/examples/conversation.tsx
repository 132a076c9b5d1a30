import { createClient, sse } from '@sluice/client'
import { useConversation } from '@sluice/client/react'
import type { Streams } from './server.ts'

const client = createClient<Streams>({ transport: sse({ url: '/streams' }) })

export function Conversation({ id }: { readonly id: string }) {
  const { messages, send, stop, status, error } = useConversation(client, 'chat', {
    id,
    toInput: ({ message }) => ({ question: message.text }),
  })
  return (
    <>
      {messages.map((message) => (
        <p key={message.id}>{message.text}</p>
      ))}
      {error && <p role="alert">{error.message}</p>}
      <button type="button" onClick={() => send('Where do I begin?')} disabled={status !== 'ready'}>
        Ask
      </button>
      <button type="button" onClick={stop}>
        Stop
      </button>
    </>
  )
}
