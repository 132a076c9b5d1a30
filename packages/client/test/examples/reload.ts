import { createClient, type StreamSession, sse } from '@sluice/client'
import type { Streams } from './server.ts'

const client = createClient<Streams>({ transport: sse({ url: '/streams' }) })

async function show(stream: StreamSession) {
  for await (const text of stream.text()) document.body.textContent = text
}

/** When the page loads: what ran when it was left, from its beginning. */
export async function load() {
  const running = client.resume('chat')
  if (running !== undefined) await show(running)
}

/** When somebody asks. */
export async function ask(question: string) {
  await show(client.start('chat', { question }))
}
