import { type ReactElement, useState } from 'react'
import { IconButton } from '../parts/icon-button.tsx'
import { QuestionEditor } from './question-editor.tsx'

interface QuestionProps {
  readonly text: string
  /** Asks something else in its place, and drops what followed. Without it, it stays as it is. */
  readonly onEdit: ((text: string) => void) | undefined
}

/** A question; it can be edited. */
export function Question({ text, onEdit }: QuestionProps): ReactElement {
  const [isEdited, setIsEdited] = useState(false)
  if (isEdited && onEdit) {
    const send = (changed: string) => {
      setIsEdited(false)
      onEdit(changed)
    }
    return <QuestionEditor text={text} onSend={send} onCancel={() => setIsEdited(false)} />
  }
  return (
    <article className="question" aria-label="Question">
      {onEdit && <IconButton icon="edit" label="Edit question" onClick={() => setIsEdited(true)} />}
      <p className="question-text" dir="auto">
        {text}
      </p>
    </article>
  )
}
