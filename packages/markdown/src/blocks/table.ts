import type { Align } from './block.ts'
import { delimiterRow } from './patterns.ts'

/** The cells of a table's row (GFM §4.10): a pipe ends a cell unless a backslash is before it. */
export function splitRow(line: string): string[] {
  const row = line.trim()
  const cells: string[] = []
  let cell = ''
  let at = row[0] === '|' ? 1 : 0
  for (; at < row.length; at++) {
    const char = row[at]
    if (char === '\\' && row[at + 1] === '|') {
      cell += '|'
      at++
    } else if (char === '\\' && at + 1 < row.length) {
      cell += char + row[++at]
    } else if (char === '|') {
      cells.push(cell.trim())
      cell = ''
    } else cell += char
  }
  if (cell.trim() !== '' || row.at(-1) !== '|' || cells.length === 0) cells.push(cell.trim())
  return cells
}

/** The alignments that a delimiter row gives, or `null` if the line is none. */
export function parseDelimiterRow(line: string): Align[] | null {
  if (!delimiterRow.test(line)) return null
  return splitRow(line).map((cell) => {
    const right = cell.endsWith(':')
    if (cell.startsWith(':')) return right ? 'center' : 'left'
    return right ? 'right' : null
  })
}

/** A row as wide as its table: GFM drops what is too much, and leaves empty what is missing. */
export function fitRow(cells: string[], columns: number): string[] {
  while (cells.length < columns) cells.push('')
  return cells.slice(0, columns)
}
