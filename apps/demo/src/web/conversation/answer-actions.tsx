import { type ReactElement, useEffect, useState } from 'react'
import { IconButton } from '../parts/icon-button.tsx'
import { askAgain, choose } from '../state/conversations.ts'
import { attempt } from '../state/notice.ts'
import type { AnswerProps } from './answer-props.ts'
import type { Face } from './face.ts'

/** How long the button says that it has copied, in milliseconds. */
const COPIED_MS = 2_000

/** The actions for an ended answer, and a few facts about it. */
export function AnswerActions(props: AnswerProps & { readonly face: Face }): ReactElement {
  const { conversationId, turnId, answer, place, canAct, isLast, isChosen, face } = props
  const model = answer.stored?.model ?? answer.asked?.model
  const regenerate = () =>
    askAgain(conversationId, turnId, { replaces: answer.id, ...(model === undefined ? {} : { model }) })
  return (
    <footer className="answer-actions">
      {face.text !== '' && <CopyAnswer text={face.text} />}
      {/* A failed answer has its own button for that. */}
      {canAct && isLast && face.failure === null && (
        <IconButton icon="redo" label="Regenerate" onClick={regenerate} />
      )}
      {canAct && isLast && place > 0 && face.text !== '' && (
        <button
          type="button"
          className="quiet-button"
          aria-pressed={isChosen}
          onClick={() => attempt('Could not choose it.', () => choose(conversationId, turnId, answer.id))}
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
