// #region workflow
import { WorkflowChatTransport } from '@ai-sdk/workflow/client'
import type { ChatTransport, UIMessage } from 'ai'

const transport = new WorkflowChatTransport({
  api: '/api/chat',
  // Only for a reload: the transport does not name the chat by itself.
  prepareSendMessagesRequest: ({ id, messages }) => ({ body: { id, messages } }),
})
// #endregion

export const workflow = transport as unknown as ChatTransport<UIMessage>
