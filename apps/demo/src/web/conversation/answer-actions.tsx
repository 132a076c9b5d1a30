import { type ReactElement, useEffect, useState } from 'react'
import { IconButton } from '../parts/icon-button.tsx'
import { attempt } from '../state/notice.ts'
import { BranchSwitch } from './branch-switch.tsx'
import type { Face } from './face.ts'
import type { ShownAnswer } from './turns.ts'

/** How long the button says that it has copied, in milliseconds. */
const COPIED_MS = 2_000

export interface AnswerActionsProps extends ShownAnswer {
  readonly face: Face
  /** Its number among several, from 1; 0 if it is the only one. */
  readonly place: number
  /** Asks once more; `undefined` if that is not possible here. */
  readonly onAgain: (() => void) | undefined
  readonly onShow: (id: string) => void
}

/** The actions for an ended answer, and a few facts about it. */
export function AnswerActions(props: AnswerActionsProps): ReactElement {
  const { message, branches, place, isChosen, face, onAgain, onShow } = props
  return (
    <footer className="answer-actions">
      <BranchSwitch of="answer" current={message} branches={branches} onShow={onShow} />
      {face.text !== '' && <CopyAnswer text={face.text} />}
      {/* A failed answer has its own button for that. */}
      {onAgain && face.failure === null && <IconButton icon="redo" label="Regenerate" onClick={onAgain} />}
      {onAgain && place > 0 && face.text !== '' && (
        <button
          type="button"
          className="quiet-button"
          aria-pressed={isChosen}
          onClick={() => onShow(message.id)}
        >
          {isChosen ? 'Goes on with this' : 'Go on with this'}
        </button>
      )}
      {face.facts.length > 0 && <p className="facts">{face.facts.join(' · ')}</p>}
    </footer>
  )
}

function CopyAnswer({ text }: { readonly text: string }): ReactElement {
  const [hasCopied, setHasCopied] = useState(false)
  useEffect(() => {
    if (!hasCopied) return
    const timer = setTimeout(() => setHasCopied(false), COPIED_MS)
    return () => clearTimeout(timer)
  }, [hasCopied])
  const copy = () =>
    attempt('Could not copy it.', async () => {
      await navigator.clipboard.writeText(text)
      setHasCopied(true)
    })
  return (
    <IconButton
      icon={hasCopied ? 'check' : 'copy'}
      label={hasCopied ? 'Copied' : 'Copy answer'}
      onClick={copy}
    />
  )
}
