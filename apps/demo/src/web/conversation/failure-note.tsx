import type { ReactElement } from 'react'
import type { Failure } from './failure-words.ts'

interface FailureNoteProps {
  readonly failure: Failure
  readonly onRetry: (() => void) | undefined
}

/** The error of an answer, and the way out. */
export function FailureNote({ failure: { title, detail }, onRetry }: FailureNoteProps): ReactElement {
  return (
    <section className="failure" aria-label="Error">
      <div>
        <p className="failure-title">{title}</p>
        <p className="failure-detail">{detail}</p>
      </div>
      {onRetry && (
        <button type="button" className="retry" onClick={onRetry}>
          Retry
        </button>
      )}
    </section>
  )
}
