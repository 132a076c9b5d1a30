import type { Block } from './block.ts'
import type { Cursor } from './cursor.ts'
import { normalizeLabel } from './references.ts'

// No white space, and no bracket that is not escaped: cmark-gfm's rule, and GitHub's.
const LABEL = '\\[\\^((?:\\\\[[\\]\\\\]|[^\\s[\\]]){1,999})\\]'
const START = new RegExp(`^${LABEL}:[ \\t]*`)
const CALL = new RegExp(LABEL, 'y')

/** A line's beginning that may still become a footnote's. */
const UNFINISHED_START = /^\[(?:\^(?:\\[[\]\\]|[^\s[\]])*\]?)?$/

/** The footnotes of a document, each by its label. */
export type Footnotes = Map<string, Block>

/** The label of the footnote that begins here; moves behind it. */
export function readFootnoteStart(cursor: Cursor): string | null {
  if (cursor.indented || cursor.next !== '[') return null
  const match = START.exec(cursor.afterIndent)
  if (match === null) return null
  cursor.skipIndent()
  cursor.skipChars(match[0].length)
  return normalizeLabel(match[1]!)
}

export function mayBecomeFootnote(line: string): boolean {
  return UNFINISHED_START.test(line)
}

/** The call at a position: its label, and where it ends. */
export function scanCall(text: string, at: number): { label: string; end: number } | null {
  CALL.lastIndex = at
  const match = CALL.exec(text)
  return match === null ? null : { label: normalizeLabel(match[1]!), end: CALL.lastIndex }
}
