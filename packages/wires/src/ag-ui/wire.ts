import type { StreamingError } from '@sluice/core'
import type { Wire } from '@sluice/core/transport'
import type { AgUiEvent } from './events.ts'
import { AgUiTranslator } from './translator.ts'

/**
 * AG-UI, version 1.0, over server-sent events: `HttpAgent` of `@ag-ui/client`, CopilotKit and TanStack AI read it.
 *
 * It cannot take text back. So an answer that begins anew after text (`retry: { afterFirstChunk: 'restart' }`) is an error.
 *
 * https://docs.ag-ui.com/concepts/events
 */
export const agUiEvents: Wire = {
  name: 'ag-ui',
  begin: (record) => new AgUiTranslator(record),
  errorBody,
}

/** `HttpAgent` shows the body of an error as it is; so it is an event of AG-UI that says the same. */
function errorBody({ message, type, issues }: StreamingError): AgUiEvent {
  return { type: 'RUN_ERROR', message, code: type, ...(issues !== undefined && { metadata: { issues } }) }
}
