import { type FormEvent, type KeyboardEvent, type ReactElement, useEffect, useRef, useState } from 'react'

interface QuestionEditorProps {
  readonly text: string
  readonly onSend: (text: string) => void
  readonly onCancel: () => void
}

/** The form to edit a question. */
export function QuestionEditor({ text, onSend, onCancel }: QuestionEditorProps): ReactElement {
  const [draft, setDraft] = useState(text)
  const field = useRef<HTMLTextAreaElement>(null)

  useEffect(() => {
    field.current?.focus()
    field.current?.setSelectionRange(text.length, text.length)
  }, [text])

  const submit = (event: FormEvent | KeyboardEvent) => {
    event.preventDefault()
    if (draft.trim() !== '') onSend(draft.trim())
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') onCancel()
    // While an input method composes, Enter chooses a character.
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) submit(event)
  }

  return (
    <form className="question-editor" onSubmit={submit}>
      <textarea
        ref={field}
        aria-label="Edit question"
        value={draft}
        maxLength={20_000}
        dir="auto"
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <div className="question-editor-buttons">
        <p>The conversation goes on from here. The messages so far stay, beside it.</p>
        <button type="button" className="quiet-button" onClick={onCancel}>
          Cancel
        </button>
        <button type="submit" className="strong-button" disabled={draft.trim() === ''}>
          Ask
        </button>
      </div>
    </form>
  )
}
