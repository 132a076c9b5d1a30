import { createClient, sse } from '@sluice/client'
import { useStream } from '@sluice/client/react'
import type { Streams } from './server.ts'

const client = createClient<Streams>({ transport: sse({ url: '/streams' }) })

export function Answer() {
  const { start, stop, text, isRunning, error } = useStream(client, 'chat')
  return (
    <>
      <button type="button" onClick={() => start({ question: 'Where do I begin?' })}>
        Ask
      </button>
      <button type="button" onClick={stop} disabled={!isRunning}>
        Stop
      </button>
      <p>{text}</p>
      {error && <p role="alert">{error.message}</p>}
    </>
  )
}
