import type { StreamingError } from '@sluice/core'
import type { Wire } from '@sluice/core/transport'
import { UiMessageTranslator } from './translator.ts'

/**
 * The AI SDK's UI message stream, version 1: `useChat` reads it. Each round of the provider is a step of the message.
 *
 * A client takes back its last step only. So an answer that begins anew after text (`retry: { afterFirstChunk: 'restart' }`)
 * needs {@link restartableUiMessages}; here it becomes an error.
 *
 * https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol#data-stream-protocol
 */
export const uiMessages: Wire = wire('ai-sdk', { takesBack: false })

/** As {@link uiMessages}, with the whole answer as one step, which a `stream_retry` takes back (`reset-step`). */
export const restartableUiMessages: Wire = wire('ai-sdk-restartable', { takesBack: true })

function wire(name: string, { takesBack }: { readonly takesBack: boolean }): Wire {
  return {
    name,
    takesBack,
    headers: { 'x-vercel-ai-ui-message-stream': 'v1' },
    begin: (record) => new UiMessageTranslator(record, { isOneStep: takesBack }),
    errorBody,
  }
}

/** The text of the answer is the message of the error that `useChat` shows. */
function errorBody(error: StreamingError): unknown {
  return error.message
}
