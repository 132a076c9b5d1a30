import { createClient, sse } from '@sluice/client'
import type { Streams } from './server.ts'

const client = createClient<Streams>({ transport: sse({ url: '/streams' }) })
const stream = client.start('chat', { question: 'Where do I begin?' })
stream.watch((notice) => {
  if (notice.type === 'retry') console.warn(`again in ${notice.delayMs} ms`, notice.error)
  if (notice.type === 'given_up') console.error(notice.error)
})
await stream.done
console.info(stream.stats)
