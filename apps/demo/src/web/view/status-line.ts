import type { Status } from '../status-words.ts'
import { find, setText } from './find.ts'

/** Says how the connection is: a polite live region, so that only changes are read out, and never the answer. */
export function showStatus({ kind, words }: Status): void {
  const line = find('#status')
  line.dataset.kind = kind
  setText(line, words)
}
