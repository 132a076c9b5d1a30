import { useConversation } from '@sluice/client/react'
import { type ReactElement, useEffect, useState } from 'react'
import type { ChatMessage } from '../state/chat-messages.ts'
import { useChatClient } from '../state/clients.ts'
import { type NextAnswer, startsOf } from './chat-options.ts'
import { LiveAnswer } from './live-answer.tsx'
import { usePublished } from './use-published.ts'

interface BesideProps {
  readonly conversationId: string
  /** From the first message to the question. */
  readonly path: readonly ChatMessage[]
  /** The answer, if it runs already. */
  readonly running: ChatMessage | undefined
  readonly next: NextAnswer
  readonly canAct: boolean
  /** It has ended, and the server has it. */
  readonly onEnd: () => void
}

/** The second of two answers: a conversation of its own, beside the first one's, since each has one answer at a time. */
export function Beside({ conversationId, path, running, next, canAct, onEnd }: BesideProps): ReactElement {
  const [messages] = useState(() => (running === undefined ? path : [...path, running]))
  const questionId = path.at(-1)!.id
  const chat = useConversation(useChatClient(), 'chat', {
    id: `${conversationId}.1`,
    messages,
    ...startsOf(conversationId, 1, next),
    onFinish: onEnd,
    onError: onEnd,
  })
  const { conversation } = chat
  usePublished(conversationId, conversation)

  useEffect(() => {
    // In StrictMode it is called twice.
    if (conversation.messages.at(-1)?.role === 'user') void conversation.retry(questionId)
  }, [conversation, questionId])

  const message = chat.messages.at(-1)!
  return (
    <LiveAnswer
      message={message.role === 'assistant' ? message : undefined}
      place={2}
      onRetry={canAct ? () => void conversation.retry() : undefined}
    />
  )
}
