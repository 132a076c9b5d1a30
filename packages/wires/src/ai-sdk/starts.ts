import type { Hub, StartRequest, StreamHandle } from '@sluice/core/server'
import { hashInput } from '@sluice/core/transport'
import type { ChatRequest } from './chat-request.ts'
import { CONTINUES } from './translator.ts'

/** A start without what {@link startChat} makes. */
type Start = Omit<StartRequest, 'idempotencyKey' | 'note'>

/**
 * Starts the answer to what a client has posted, or finds the one that an earlier, equal POST has started.
 *
 * The key is the header's. A client that sends none has none, except for a chat of a known owner: there the message that is
 * to be answered is as good, because a client sends it once. An answer that failed or was stopped is no reason to refuse
 * another one: the client has asked again on purpose. Neither is one that is to be regenerated, or an edited message.
 */
export async function startChat(
  hub: Hub,
  chat: ChatRequest,
  request: Start,
  headerKey: string | undefined,
): Promise<StreamHandle> {
  const last = chat.messages.at(-1)!
  const continues = last.role === 'assistant'
  const start = { ...request, ...(continues && { note: CONTINUES }) }
  const isNew = chat.trigger === 'submit-message' && (continues || chat.messageId === undefined)
  if (headerKey !== undefined || !isNew || start.owner === undefined || last.id === undefined) {
    return hub.start({ ...start, idempotencyKey: headerKey })
  }
  const from = Date.now()
  for (let tries = 0; ; tries += 1) {
    const idempotencyKey = hashInput([chat.id, last, start.input, tries])
    const handle = await hub.start({ ...start, idempotencyKey })
    if (handle.record.createdAt >= from || !(await hasFailed(handle))) return handle
  }
}

async function hasFailed(handle: StreamHandle): Promise<boolean> {
  if (!handle.ended) return false
  for await (const { type } of handle.read({ after: handle.last - 1 })) return type !== 'stream_complete'
  return false
}
