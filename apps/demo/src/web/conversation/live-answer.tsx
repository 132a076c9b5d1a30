import type { ReactElement } from 'react'
import type { ChatMessage } from '../state/chat-messages.ts'
import { AnswerFrame } from './answer.tsx'
import { faceOf, WAITING } from './face.ts'

interface LiveAnswerProps {
  /** `undefined` until it has been asked for. */
  readonly message: ChatMessage | undefined
  readonly place: number
  readonly onRetry: (() => void) | undefined
}

/** An answer that the server's conversation does not have yet: there is nothing to choose, and nothing to have again. */
export function LiveAnswer({ message, place, onRetry }: LiveAnswerProps): ReactElement {
  return (
    <AnswerFrame
      face={message ? faceOf(message, undefined) : WAITING}
      place={place}
      isChosen={false}
      onRetry={onRetry}
    />
  )
}
