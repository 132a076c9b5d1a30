import { type ConversationOptions, StreamingError } from '@sluice/client'
import type { Streams } from '../../server/streams.ts'
import { hasBegun } from '../state/begin.ts'
import { toMessages } from '../state/chat-messages.ts'
import { entryOf, putQuestion, refresh, refreshList } from '../state/conversations.ts'
import { forgetText } from '../state/kept-texts.ts'
import { RequestError } from '../state/request.ts'

type Options = ConversationOptions<Streams['chat']>

/** A model that was chosen for the next answer; `undefined`: the first there is. */
export interface NextAnswer {
  model: string | undefined
}

/** How a conversation begins its answers. `lane` 1: the second of two answers, side by side. */
export function startsOf(conversationId: string, lane: 0 | 1, next: NextAnswer): Pick<Options, 'toInput'> {
  return {
    async toInput({ messages, message, answerId }) {
      const before = messages.at(-2)
      // The server does not know of an answer that was refused: then it goes on from its question.
      const isRefused = before?.role === 'assistant' && before.streamId === null
      const parentId = isRefused ? before.parentId : message.parentId
      // The question is on the server first, so that nothing that comes after can lose it.
      await reported(() => putQuestion(conversationId, message.id, { question: message.text, parentId }))
      const { model } = next
      return { conversationId, turnId: message.id, answerId, lane, ...(model === undefined ? {} : { model }) }
    },
  }
}

/** Where the conversation's messages are, and what is to be done when an answer has ended. */
export function storeOf(conversationId: string, hasEnded: () => void): Partial<Options> {
  return {
    resumeFrom: 'messages',
    async load() {
      // The server does not have it yet.
      if (hasBegun(conversationId) && entryOf(conversationId).get().conversation === null) return []
      await refresh(conversationId)
      const { conversation, failure } = entryOf(conversationId).get()
      if (conversation === null) throw failure
      return toMessages(conversation)
    },
    onFinish({ id }) {
      forgetText(id)
      hasEnded()
      void refreshList()
    },
    onError() {
      hasEnded()
      void refreshList()
    },
  }
}

/** A request that failed, in the form that errors of the streams have. */
async function reported<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    const { type, message, retryAfterMs } = error
    throw new StreamingError(type, message, {
      cause: error,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
  }
}
