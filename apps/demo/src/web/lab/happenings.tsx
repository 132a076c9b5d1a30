import type { ReactElement } from 'react'
import type { Mark } from '../observation/mark.ts'
import type { Subject } from './use-subject.ts'

/** How many are listed. */
const MAX = 8

/** The events of the stream beside its chunks, in words, the latest first. */
export function Happenings({ subject: { record } }: { readonly subject: Subject }): ReactElement {
  const marks = record?.marks ?? []
  const start = marks[0]?.at ?? 0
  const told = marks
    .map((mark) => ({ at: mark.at, words: wordsFor(mark) }))
    .filter(({ words }) => words !== null)
    .slice(-MAX)
    .reverse()
  if (told.length === 0) return <p className="lab-empty">Ask something, and watch it here.</p>
  return (
    <ol className="happenings" aria-label="What happened">
      {told.map(({ at, words }) => (
        <li key={`${at} ${words}`}>
          <span>{((at - start) / 1000).toFixed(1)} s</span>
          {words}
        </li>
      ))}
    </ol>
  )
}

function wordsFor(mark: Mark): string | null {
  switch (mark.kind) {
    case 'open':
      return mark.isAgain ? `resumed: everything after chunk ${mark.after}` : 'connected'
    case 'lost':
      return `connection lost (${mark.why})`
    case 'retry':
      return `provider failed (${mark.why}), asked again; chunks after ${mark.keepUntil} are void`
    case 'cancel':
      return 'asked to stop'
    case 'end':
      return mark.how === 'completed'
        ? 'complete'
        : mark.how === 'cancelled'
          ? 'stopped'
          : 'ended with an error'
    default:
      return null
  }
}
