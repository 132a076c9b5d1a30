import type { Answer, Conversation, ConversationSummary, Turn } from '../../shared/api.ts'
import type { ReadableConversation } from '../access.ts'
import type { StoredAnswer } from '../store/answers.ts'
import type { StoredConversation } from '../store/conversations.ts'
import type { Store } from '../store/store.ts'

/** The path of a shared conversation. The part after `#` stays in the browser. */
export const sharedPath = (token: string): string => `/shared#${token}`

/** A conversation as it stands in a list. */
export function shownSummary(conversation: StoredConversation): ConversationSummary {
  const { id, title, createdAt, updatedAt, running, isShared } = conversation
  return { id, title, createdAt, updatedAt, running, isShared }
}

/** A whole conversation, as its owner or a guest sees it. */
export function shownConversation(
  store: Store,
  { conversation, access }: ReadableConversation,
): Conversation {
  const { id, revision } = conversation
  const answers = store.answers.list(id)
  const token = access === 'owner' ? store.shares.token(id) : undefined
  return {
    ...shownSummary(conversation),
    access,
    revision,
    share: token === undefined ? null : { token, path: sharedPath(token) },
    turns: store.conversations.turns(id).map(
      (turn): Turn => ({
        id: turn.id,
        parentId: turn.parentId,
        question: turn.question,
        createdAt: turn.createdAt,
        answers: answers.filter(({ turnId }) => turnId === turn.id).map(shownAnswer),
      }),
    ),
  }
}

function shownAnswer({ turnId: _, position: __, state, ...answer }: StoredAnswer): Answer {
  return { ...answer, state: state === 'lost' ? 'failed' : state }
}
