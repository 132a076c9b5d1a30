import type { ReactElement } from 'react'
import type { Turn as StoredTurn } from '../../shared/api.ts'
import { ask } from '../state/conversations.ts'
import { attempt } from '../state/notice.ts'
import { Answer } from './answer.tsx'
import { Question } from './question.tsx'
import type { ShownAnswer } from './shown-answers.ts'

interface TurnProps {
  readonly conversationId: string
  readonly turn: StoredTurn
  readonly answers: readonly ShownAnswer[]
  readonly isLast: boolean
  readonly canAct: boolean
}

/** A question, and what was answered to it: one answer, or several side by side. */
export function Turn({ conversationId, turn, answers, isLast, canAct }: TurnProps): ReactElement {
  const edit = (question: string) =>
    attempt('Could not ask it.', () => ask(conversationId, { question, replaces: turn.id }))
  return (
    <li className="turn">
      <Question text={turn.question} onEdit={canAct ? edit : undefined} />
      <div className="answers" data-count={answers.length}>
        {answers.map((answer, index) => (
          <Answer
            key={answer.id}
            conversationId={conversationId}
            turnId={turn.id}
            answer={answer}
            place={answers.length > 1 ? index + 1 : 0}
            canAct={canAct}
            isLast={isLast}
            isChosen={turn.chosenAnswerId === answer.id}
          />
        ))}
      </div>
    </li>
  )
}
