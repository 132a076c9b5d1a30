import { type ReactElement, useState } from 'react'
import { retry } from '../state/conversations.ts'
import { attempt } from '../state/notice.ts'
import { AnswerActions } from './answer-actions.tsx'
import type { AnswerProps } from './answer-props.ts'
import { AnswerText } from './answer-text.tsx'
import type { Face } from './face.ts'
import { FailureNote } from './failure-note.tsx'
import { Reasoning } from './reasoning.tsx'
import { ToolUses } from './tool-uses.tsx'
import { useAnswer } from './use-answer.ts'

/** An answer in its place. To take one up again that this page has given up is to begin anew with it. */
export function Answer(props: AnswerProps): ReactElement {
  const [attempts, setAttempts] = useState(0)
  return <Attempt key={attempts} {...props} onAttach={() => setAttempts(attempts + 1)} />
}

function Attempt(props: AnswerProps & { readonly onAttach: () => void }): ReactElement {
  const { conversationId, turnId, answer, place, canAct, isLast, isChosen, onAttach } = props
  const { face, isMissing, start, retry: startAgain } = useAnswer(conversationId, turnId, answer)
  const tryAgain = () =>
    attempt('Could not try again.', async () => {
      const next = await retry(conversationId, turnId, answer.id)
      if (next === 'start') startAgain()
      if (next === 'attach') onAttach()
    })

  return (
    <article
      className="answer"
      data-outcome={isMissing ? 'missing' : face.outcome}
      data-chosen={isChosen}
      aria-busy={face.outcome === 'running' && !isMissing}
      aria-label={place > 0 ? `Answer ${place}` : 'Answer'}
    >
      {isMissing ? <Missing canAct={canAct} onStart={start} /> : <Body face={face} />}
      {face.failure && (
        <FailureNote failure={face.failure} onRetry={canAct && isLast ? tryAgain : undefined} />
      )}
      {face.outcome !== 'running' && <AnswerActions {...props} face={face} />}
    </article>
  )
}

function Body({ face }: { readonly face: Face }): ReactElement {
  const { text, reasoning, tools, outcome } = face
  const isRunning = outcome === 'running'
  const isThinking = isRunning && text === ''
  return (
    <>
      {reasoning !== '' && <Reasoning text={reasoning} isThinking={isThinking} />}
      {tools.length > 0 && <ToolUses tools={tools} isRunning={isRunning} />}
      {isThinking && (
        <p className="thinking" aria-hidden="true">
          <span />
          <span />
          <span />
        </p>
      )}
      <AnswerText text={text} isComplete={!isRunning} />
    </>
  )
}

function Missing(props: { readonly canAct: boolean; readonly onStart: () => void }): ReactElement {
  return (
    <p className="missing">
      This question has no answer yet.
      {props.canAct && (
        <button type="button" className="quiet-button" onClick={props.onStart}>
          Ask it
        </button>
      )}
    </p>
  )
}
