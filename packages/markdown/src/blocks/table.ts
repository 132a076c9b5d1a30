import type { Align, Block } from './block.ts'

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
  if (!/^[|:\- \t]*$/.test(line)) return null
  const cells = splitRow(line)
  if (!cells.every((cell) => /^:?-+:?$/.test(cell))) return null
  return cells.map((cell) => {
    const right = cell.endsWith(':')
    if (cell.startsWith(':')) return right ? 'center' : 'left'
    return right ? 'right' : null
  })
}

/** How many empty cells a table may get that its text does not have. */
const MOST_FILLED = 4096

/**
 * A row as wide as its table: GFM drops what is too much, and leaves empty what is missing. Beyond a number that no
 * table for people has, a row stays as short as it is written: a few kilobytes could fill a million cells.
 */
export function fitRow(table: Block, cells: string[], columns: number): string[] {
  for (; cells.length < columns && table.filled < MOST_FILLED; table.filled++) cells.push('')
  return cells.slice(0, columns)
}
