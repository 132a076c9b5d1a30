import { type FormEvent, type ReactElement, useEffect, useRef } from 'react'

interface RenameFormProps {
  readonly title: string
  readonly onSave: (title: string) => void
  readonly onCancel: () => void
}

/** The form to rename a conversation. To leave it is to save it. */
export function RenameForm({ title, onSave, onCancel }: RenameFormProps): ReactElement {
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.select(), [])
  const save = (event?: FormEvent) => {
    event?.preventDefault()
    const changed = field.current?.value.trim() ?? ''
    if (changed === '' || changed === title) onCancel()
    else onSave(changed)
  }
  return (
    <form className="rename" onSubmit={save}>
      <input
        ref={field}
        aria-label="Name of the conversation"
        defaultValue={title}
        maxLength={200}
        onBlur={() => save()}
        onKeyDown={({ key }) => key === 'Escape' && onCancel()}
      />
    </form>
  )
}
