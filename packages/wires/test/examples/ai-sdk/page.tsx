// #region page
import { useChat } from '@ai-sdk/react'
import { resumingFetch } from '@sluice/client/fetch'
import { DefaultChatTransport } from 'ai'

const transport = new DefaultChatTransport({ api: '/api/chat', fetch: resumingFetch() }) // the change

export function Chat({ id }: { id: string }) {
  const { messages, sendMessage, stop } = useChat({ id, transport, resume: true })
  return (
    <main>
      {messages.map(({ id, role, parts }) => (
        <p key={id} className={role}>
          {parts.map((part) => (part.type === 'text' ? part.text : ''))}
        </p>
      ))}
      <button type="button" onClick={() => sendMessage({ text: 'Where do I begin?' })}>
        Ask
      </button>
      <button type="button" onClick={stop}>
        Stop
      </button>
    </main>
  )
}
// #endregion
