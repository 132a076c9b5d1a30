import type { ReactElement } from 'react'

/** The keyboard shortcuts. */
export function Keys(): ReactElement {
  return (
    <p className="keys">
      <kbd>Enter</kbd> sends · <kbd>Shift</kbd> <kbd>Enter</kbd> begins a line · <kbd>Esc</kbd> stops
    </p>
  )
}
