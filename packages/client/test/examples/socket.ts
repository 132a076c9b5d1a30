import { createClient, ws } from '@sluice/client'
import type { Streams } from './server.ts'

const client = createClient<Streams>({ transport: ws({ url: '/streams/ws' }) })
const stream = client.start('chat', { question: 'Where do I begin?' })
for await (const delta of stream.deltas()) {
  if ('reset' in delta) document.body.textContent = delta.reset
  else document.body.append(delta.append)
}
