import { scanDestination, scanTitle } from '../inlines/link-parts.ts'

/** Where a reference link leads, still with its escapes. */
export interface Definition {
  readonly url: string
  readonly title: string
}

const LABEL = /\[(?:[^\\[\]]|\\.){0,1000}\]/sy

/** Labels match without regard to case and amount of white space (CommonMark 0.31.2 §4.7). */
export function normalizeLabel(label: string): string {
  return label
    .trim()
    .replace(/[ \t\r\n]+/g, ' ')
    .toLowerCase()
    .toUpperCase()
}

/** The bracketed label at a position, with its brackets, or `null`. */
export function scanLabel(text: string, at: number): string | null {
  LABEL.lastIndex = at
  const label = LABEL.exec(text)?.[0] ?? null
  return label === null || label.length > 1001 ? null : label
}

/** The definition that a text begins with, and where the text goes on; `null` if there is none. */
export function parseDefinition(text: string): { label: string; definition: Definition; end: number } | null {
  const raw = scanLabel(text, 0)
  if (raw === null || text[raw.length] !== ':') return null
  const label = normalizeLabel(raw.slice(1, -1))
  if (label === '') return null
  let at = skipSpaces(text, raw.length + 1)
  const destination = scanDestination(text, at)
  if (destination === null || (destination.end === at && destination.url === '')) return null
  at = destination.end
  let end = endOfLine(text, at)
  let title = ''
  const titleAt = skipSpaces(text, at)
  const found = titleAt > at ? scanTitle(text, titleAt) : null
  if (found !== null) {
    const titleEnd = endOfLine(text, found.end)
    if (titleEnd !== -1) {
      end = titleEnd
      title = found.raw
    }
  }
  if (end === -1) return null
  return { label, definition: { url: destination.url, title }, end }
}

/** Behind spaces and at most one line ending. */
function skipSpaces(text: string, at: number): number {
  const spaces = /[ \t]*(?:\n[ \t]*)?/y
  spaces.lastIndex = at
  spaces.test(text)
  return spaces.lastIndex
}

/** Behind the line ending if only white space is before it, else -1. */
function endOfLine(text: string, at: number): number {
  const rest = /[ \t]*(?:\n|$)/y
  rest.lastIndex = at
  return rest.test(text) ? rest.lastIndex : -1
}
