// #region page
import { createClient, sse } from '@sluice/client'
import type { Streams } from './server.ts'

const client = createClient<Streams>({ transport: sse({ url: '/streams' }) })
const stream = client.start('chat', { question: 'Where do I begin?' })
for await (const text of stream.text()) document.body.textContent = text
// #endregion
