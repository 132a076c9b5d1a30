import { type ReactElement, useState } from 'react'
import { IconButton } from '../parts/icon-button.tsx'
import type { ChatMessage } from '../state/chat-messages.ts'
import { BranchSwitch } from './branch-switch.tsx'
import { QuestionEditor } from './question-editor.tsx'

interface QuestionProps {
  readonly message: ChatMessage
  /** The questions that were asked in this place. */
  readonly branches: readonly ChatMessage[]
  readonly onShow: (id: string) => void
  /** Asks something else in its place. Without it, it stays as it is. */
  readonly onEdit: ((text: string) => void) | undefined
}

/** A question; it can be edited. */
export function Question({ message, branches, onShow, onEdit }: QuestionProps): ReactElement {
  const [isEdited, setIsEdited] = useState(false)
  const { text } = message
  if (isEdited && onEdit) {
    const send = (changed: string) => {
      setIsEdited(false)
      onEdit(changed)
    }
    return <QuestionEditor text={text} onSend={send} onCancel={() => setIsEdited(false)} />
  }
  return (
    <article className="question" aria-label="Question">
      <BranchSwitch of="question" current={message} branches={branches} onShow={onShow} />
      {onEdit && <IconButton icon="edit" label="Edit question" onClick={() => setIsEdited(true)} />}
      <p className="question-text" dir="auto">
        {text}
      </p>
    </article>
  )
}
