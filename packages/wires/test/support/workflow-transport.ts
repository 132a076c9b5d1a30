import { WorkflowChatTransport } from '@ai-sdk/workflow/client'
import type { ChatTransport, PrepareSendMessagesRequest, UIMessage } from 'ai'

interface Options {
  readonly api?: string
  readonly fetch?: typeof fetch
  readonly prepareSendMessagesRequest?: PrepareSendMessagesRequest<UIMessage>
}

/** A `WorkflowChatTransport`. It is compiled against an older `ai` than these tests, so that its types are others. */
export function workflowTransport(options: Options = {}): ChatTransport<UIMessage> {
  return new WorkflowChatTransport(options as never) as unknown as ChatTransport<UIMessage>
}
