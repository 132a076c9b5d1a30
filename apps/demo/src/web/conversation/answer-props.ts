import type { ShownAnswer } from './shown-answers.ts'

export interface AnswerProps {
  readonly conversationId: string
  readonly turnId: string
  readonly answer: ShownAnswer
  /** Its number among several, from 1; 0 where it is the only one. */
  readonly place: number
  /** Guests watch. */
  readonly canAct: boolean
  /** What comes after it in the conversation hangs on the answers as they are. */
  readonly isLast: boolean
  readonly isChosen: boolean
}
