import type { ReactElement } from 'react'
import { IconButton } from '../parts/icon-button.tsx'
import type { ChatMessage } from '../state/chat-messages.ts'

interface BranchSwitchProps {
  /** For people: `question`, or `answer`. */
  readonly of: string
  readonly current: ChatMessage
  readonly branches: readonly ChatMessage[]
  readonly onShow: (id: string) => void
}

/** Which of several branches is shown, and the way to the others. Nothing if there is one. */
export function BranchSwitch({ of, current, branches, onShow }: BranchSwitchProps): ReactElement | null {
  if (branches.length < 2) return null
  const index = branches.indexOf(current)
  const go = (step: number) => {
    const next = branches[index + step]
    if (next) onShow(next.id)
  }
  return (
    <fieldset className="branches" aria-label={`Versions of the ${of}`}>
      <IconButton icon="back" label={`Previous ${of}`} disabled={index <= 0} onClick={() => go(-1)} />
      <span>
        {index + 1} / {branches.length}
      </span>
      <IconButton
        icon="forward"
        label={`Next ${of}`}
        disabled={index >= branches.length - 1}
        onClick={() => go(1)}
      />
    </fieldset>
  )
}
