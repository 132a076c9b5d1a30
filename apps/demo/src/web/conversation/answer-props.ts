import type { ShownAnswer } from './shown-answers.ts'

export interface AnswerProps {
  readonly conversationId: string
  readonly turnId: string
  readonly answer: ShownAnswer
  /** Its number among several, from 1; 0 if it is the only one. */
  readonly place: number
  /** Guests watch. */
  readonly canAct: boolean
  /** No turn follows it; a later turn depends on the answers as they are. */
  readonly isLast: boolean
  readonly isChosen: boolean
}
