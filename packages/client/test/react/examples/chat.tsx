import { createClient, sse } from '@sluice/client'
import { StreamingChat } from '@sluice/client/react'
import { StreamingMarkdown } from '@sluice/markdown/react'
import type { Streams } from './server.ts'

const client = createClient<Streams>({ transport: sse({ url: '/streams' }) })
const options = { status: false } as const // the chat has one

export function Chat() {
  return (
    <StreamingChat
      client={client}
      name="chat"
      toInput={(question) => ({ question })}
      renderText={(text, isComplete) => (
        <StreamingMarkdown text={text} complete={isComplete} options={options} />
      )}
    />
  )
}
