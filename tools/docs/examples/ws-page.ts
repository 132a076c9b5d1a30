// #region page
import { createClient, ws } from '@sluice/client'
import type { Streams } from './ws-server.ts'

const client = createClient<Streams>({ transport: ws({ url: '/streams/ws' }) })
const stream = client.start('chat', { question: 'Where do I begin?' })
for await (const text of stream.text()) document.body.textContent = text
// #endregion
