import type { Authorize } from '@sluice/core/server'
import type { Conversation } from '../shared/api.ts'
import { noSuchConversation, type StoredConversation } from './store/conversations.ts'
import type { Store } from './store/store.ts'

/** A conversation that somebody may read, and as what. */
export interface ReadableConversation {
  readonly conversation: StoredConversation
  readonly access: Conversation['access']
}

/**
 * For the owner alone.
 * @throws {StreamingError} `not_found` if there is none, or it is somebody else's: the same answer.
 */
export function ownConversation({ conversations }: Store, visitor: string, id: string): StoredConversation {
  const conversation = conversations.find(id)
  if (conversation?.owner !== visitor) throw noSuchConversation()
  return conversation
}

/**
 * For the owner, and for guests who have come by its link.
 * @throws {StreamingError} `not_found`
 */
export function readableConversation(
  { conversations, shares }: Store,
  visitor: string,
  id: string,
): ReadableConversation {
  const conversation = conversations.find(id)
  if (conversation?.owner === visitor) return { conversation, access: 'owner' }
  if (conversation === undefined || !shares.isGuest(id, visitor)) throw noSuchConversation()
  return { conversation, access: 'guest' }
}

/** Guests of a conversation may watch its streams; to stop them is their owner's. The same on both transports. */
export function authorizeGuests({ answers, shares }: Store): Authorize {
  return ({ owner, stream, action }) => {
    if (owner === stream.owner) return true
    if (action !== 'attach' || owner === undefined) return false
    const conversationId = answers.conversationOf(stream.streamId)
    return conversationId !== undefined && shares.isGuest(conversationId, owner)
  }
}
