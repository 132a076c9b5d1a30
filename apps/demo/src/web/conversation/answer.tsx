import type { ReactElement } from 'react'
import { AnswerActions, type AnswerActionsProps } from './answer-actions.tsx'
import { AnswerText } from './answer-text.tsx'
import type { Face } from './face.ts'
import { FailureNote } from './failure-note.tsx'
import { Reasoning } from './reasoning.tsx'
import { ToolUses } from './tool-uses.tsx'

interface AnswerFrameProps {
  readonly face: Face
  /** Its number among several, from 1; 0 if it is the only one. */
  readonly place: number
  readonly isChosen: boolean
  /** `undefined` if it cannot be asked for again here. */
  readonly onRetry: (() => void) | undefined
  readonly children?: ReactElement | undefined
}

/** An answer, with what went wrong, and `children` below it. */
export function AnswerFrame({ face, place, isChosen, onRetry, children }: AnswerFrameProps): ReactElement {
  return (
    <article
      className="answer"
      data-outcome={face.outcome}
      data-chosen={isChosen}
      aria-busy={face.outcome === 'running'}
      aria-label={place > 0 ? `Answer ${place}` : 'Answer'}
    >
      <Body face={face} />
      {face.failure && <FailureNote failure={face.failure} onRetry={onRetry} />}
      {children}
    </article>
  )
}

/** An answer in its place, with what can be done with it. */
export function Answer({ onAgain, ...props }: AnswerActionsProps): ReactElement {
  const { face, place, isChosen } = props
  return (
    <AnswerFrame face={face} place={place} isChosen={isChosen && place > 0} onRetry={onAgain}>
      {face.outcome === 'running' ? undefined : <AnswerActions {...props} onAgain={onAgain} />}
    </AnswerFrame>
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
      {/* What broke off keeps its last good rendering: `**Start` stays bold. */}
      <AnswerText text={text} isComplete={outcome === 'completed'} />
    </>
  )
}
