// #region use-chat
import { resumingFetch } from '@sluice/client/fetch'
import { DefaultChatTransport } from 'ai'

export const transport = new DefaultChatTransport({ api: '/api/chat', fetch: resumingFetch() })
// useChat({ id, transport, resume: true })
// #endregion
