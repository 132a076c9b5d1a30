import { type FormEvent, type KeyboardEvent, type ReactElement, useEffect, useRef, useState } from 'react'
import type { Model } from '../../shared/api.ts'
import { IconButton } from '../parts/icon-button.tsx'
import { Icon } from '../parts/icons.tsx'
import type { Wish } from '../state/begin.ts'
import { external } from '../state/external.ts'
import { preference, useExternal } from '../state/preference.ts'

/** How many answers a question gets. */
const answerCount = preference('sluice-answers', ['1', '2'])

/** Which model answers; `undefined`: the first there is. For as long as the page is open, in all conversations. */
const chosenModel = external<string | undefined>(undefined)

interface ComposerProps {
  readonly models: readonly Model[]
  readonly isRunning: boolean
  readonly isStopping: boolean
  readonly onAsk: (wish: Wish) => void
  readonly onStop: () => void
}

/** The form to write and send questions, and to stop their answers. */
export function Composer({ models, isRunning, isStopping, onAsk, onStop }: ComposerProps): ReactElement {
  const [draft, setDraft] = useState('')
  const model = useExternal(chosenModel)
  const isDouble = useExternal(answerCount) === '2'
  const field = useRef<HTMLTextAreaElement>(null)
  const question = draft.trim()

  // On a touch screen the keyboard would come up with it, over the answer.
  const focus = () => matchMedia('(pointer: fine)').matches && field.current?.focus()
  useEffect(() => void focus(), [])

  const submit = (event: FormEvent | KeyboardEvent) => {
    event.preventDefault()
    // One question at a time: the next can be written meanwhile, and sent afterwards.
    if (question === '' || isRunning) return
    setDraft('')
    focus()
    onAsk({ question, model, isDouble })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && isRunning) onStop()
    // While an input method composes, Enter chooses a character; Safari says so with 229 only.
    const isComposing = event.nativeEvent.isComposing || event.keyCode === 229
    if (event.key === 'Enter' && !event.shiftKey && !isComposing) submit(event)
  }

  return (
    <form className="composer" onSubmit={submit}>
      <textarea
        ref={field}
        rows={1}
        aria-label="Your question"
        placeholder="Ask a question"
        maxLength={20_000}
        autoComplete="off"
        dir="auto"
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <div className="composer-row">
        {models.length > 1 && (
          <select
            aria-label="Model"
            title={models.find(({ id }) => id === model)?.label}
            value={model ?? models[0]?.id}
            onChange={({ target }) => chosenModel.set(target.value)}
          >
            {models.map(({ id, label }) => (
              <option key={id} value={id} title={label}>
                {id}
              </option>
            ))}
          </select>
        )}
        <button
          type="button"
          className="toggle"
          aria-pressed={isDouble}
          onClick={() => answerCount.set(isDouble ? '1' : '2')}
        >
          <Icon name="columns" />
          Two answers
        </button>
        {isRunning ? (
          <IconButton
            icon="stop"
            label="Stop"
            className="round"
            disabled={isStopping}
            onClick={() => {
              onStop()
              focus()
            }}
          />
        ) : (
          <button
            type="submit"
            className="round send"
            aria-label="Send"
            title="Send"
            disabled={question === ''}
          >
            <Icon name="arrowUp" />
          </button>
        )}
      </div>
    </form>
  )
}
