import { randomBytes } from 'node:crypto'
import type { Hub, StartRequest, StreamHandle } from '@sluice/core/server'
import { hashInput } from '@sluice/core/transport'
import type { ChatRequest } from './chat-request.ts'
import { CONTINUES } from './translator.ts'

/** A start without its key, which {@link startChat} makes. */
type Start = Omit<StartRequest, 'idempotencyKey'>

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
  start: Start,
  headerKey: string | undefined,
): Promise<StreamHandle> {
  const last = chat.messages.at(-1)!
  const continues = last.role === 'assistant'
  if (headerKey !== undefined) {
    const [fresh, continuing] = keysOf(headerKey)
    return hub.start({ ...start, idempotencyKey: continues ? continuing : fresh })
  }
  const isNew = chat.trigger === 'submit-message' && (continues || chat.messageId === undefined)
  if (!isNew || start.owner === undefined || last.id === undefined) {
    const idempotencyKey = continues ? `${CONTINUES}${randomBytes(16).toString('base64url')}` : undefined
    return hub.start({ ...start, idempotencyKey })
  }
  const from = Date.now()
  for (let tries = 0; ; tries += 1) {
    const hash = hashInput([chat.id, last, start.input, tries])
    const idempotencyKey = continues ? `${CONTINUES}${hash}` : hash
    const handle = await hub.start({ ...start, idempotencyKey })
    if (handle.record.createdAt >= from || !(await hasFailed(handle))) return handle
  }
}

/**
 * Stops what a POST with this key has started, or will have started when it comes.
 * @throws {StreamingError} `not_found`, `invalid_request`
 */
export async function cancelChatByKey(
  hub: Hub,
  request: Omit<Parameters<Hub['cancelByKey']>[0], 'idempotencyKey'>,
  headerKey: string,
): Promise<void> {
  // The key says nothing of the messages that came, or will come, with it.
  for (const idempotencyKey of keysOf(headerKey)) await hub.cancelByKey({ ...request, idempotencyKey })
}

/** A key as it is used for an answer of its own, and for one that continues a message. */
function keysOf(headerKey: string): readonly [fresh: string, continuing: string] {
  const hash = hashInput(headerKey)
  return [hash, `${CONTINUES}${hash}`]
}

async function hasFailed(handle: StreamHandle): Promise<boolean> {
  if (!handle.ended) return false
  for await (const { type } of handle.read({ after: handle.last - 1 })) return type !== 'stream_complete'
  return false
}
