// #region client
import { createClient, sse } from '@sluice/client'
import type { Streams } from './doors.ts'

const client = createClient<Streams>({ transport: sse({ url: '/streams' }) })
const stream = client.start('chat', { messages: [{ role: 'user', content: 'Where do I begin?' }] })
for await (const text of stream.text()) document.body.textContent = text
// #endregion
