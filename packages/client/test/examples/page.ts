import { createClient, sse } from '@sluice/client'
import type { Streams } from './server.ts' // export type Streams = typeof streams

const client = createClient<Streams>({ transport: sse({ url: '/streams' }) })
const stream = client.start('chat', { question: 'Where do I begin?' }) // input typed by the server's schema
for await (const text of stream.text()) document.body.textContent = text
