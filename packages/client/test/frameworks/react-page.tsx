import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { useConversation } from '../../src/react/index.ts'
import { client } from './client.ts'

function Chat() {
  const { messages, send, status } = useConversation(client, 'chat', { id: 'trip' })
  return (
    <>
      <button type="button" onClick={() => send('Where do I begin?')}>
        Send
      </button>
      <output>{status}</output>
      {messages.map(({ id, role, text }) => (
        <p key={id} data-role={role}>
          {text}
        </p>
      ))}
    </>
  )
}

createRoot(document.getElementById('app')!).render(
  <StrictMode>
    <Chat />
  </StrictMode>,
)
