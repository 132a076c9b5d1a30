import { memo, Profiler, StrictMode, Suspense, startTransition, useState } from 'react'
import type { Message, StoredMessage } from '../../src/index.ts'
import { useConversation } from '../../src/react/index.ts'
import { client } from './client.ts'

/** What React has done, for the test to read. */
export const seen = { commits: 0, rows: {} as Record<string, number> }

const stored: readonly StoredMessage<never>[] = [
  { id: 'q', role: 'user', parts: [{ type: 'text', text: 'Before?' }] },
  { id: 'a', role: 'assistant', parts: [{ type: 'text', text: 'Before.' }] },
]

const Row = memo(function Row({ message }: { readonly message: Message<unknown> }) {
  seen.rows[message.id] = (seen.rows[message.id] ?? 0) + 1
  return <p data-role={message.role}>{message.text}</p>
})

function Chat({ id }: { readonly id: string }) {
  const { messages, send, status } = useConversation(client, 'chat', { id, messages: stored })
  return (
    <>
      <button type="button" id="send" onClick={() => send('Where do I begin?')}>
        Send
      </button>
      <output>{status}</output>
      <h1>{id}</h1>
      {messages.map((message) => (
        <Row key={message.id} message={message} />
      ))}
    </>
  )
}

const late = { promise: undefined as Promise<void> | undefined, isThere: false, arrive: () => {} }

/** Suspends until the page says that it has arrived. */
function Late() {
  late.promise ??= new Promise((resolve) => {
    late.arrive = () => {
      late.isThere = true
      resolve()
    }
  })
  if (!late.isThere) throw late.promise
  return <h2>arrived</h2>
}

export const arrive = () => late.arrive()

export function App() {
  const [id, setId] = useState('trip')
  return (
    <StrictMode>
      <button type="button" id="next" onClick={() => startTransition(() => setId('next'))}>
        Next
      </button>
      <Suspense fallback={<h2>suspended</h2>}>
        <Profiler
          id="chat"
          onRender={() => {
            seen.commits += 1
          }}
        >
          <Chat id={id} />
        </Profiler>
        {id === 'next' && <Late />}
      </Suspense>
    </StrictMode>
  )
}
