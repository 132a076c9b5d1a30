import type { Block, ListMarker } from './block.ts'
import type { Cursor } from './cursor.ts'

/** Reads a list marker (CommonMark 0.31.2 §5.2) and moves behind it, or gives `null` and stays. */
export function readListMarker(cursor: Cursor, container: Block): ListMarker | null {
  if (cursor.indented) return null
  const match = /^(?:[*+-]|(\d{1,9})([.)]))(?=[ \t]|$)/.exec(cursor.afterIndent)
  if (match === null) return null
  const [text, number, delimiter] = match
  const afterMarker = cursor.nextNonspace + text.length
  const interrupts = container.kind === 'paragraph'
  if (interrupts && number !== undefined && Number(number) !== 1) return null
  if (interrupts && cursor.line.slice(afterMarker).trim() === '') return null

  const markerOffset = cursor.indent
  cursor.skipIndent()
  cursor.skipChars(text.length)
  return {
    ordered: number !== undefined,
    symbol: delimiter ?? text,
    start: number === undefined ? 1 : Number(number),
    markerOffset,
    padding: text.length + skipPadding(cursor),
  }
}

/** Up to four columns belong to the marker; with more, or none before the line's end, just one does. */
function skipPadding(cursor: Cursor): number {
  const saved = cursor.save()
  const from = cursor.column
  do cursor.skipColumns(1)
  while (
    cursor.column - from < 5 &&
    (cursor.line[cursor.offset] === ' ' || cursor.line[cursor.offset] === '\t')
  )
  const width = cursor.column - from
  if (width >= 1 && width < 5 && cursor.offset < cursor.line.length) return width
  cursor.restore(saved)
  cursor.skipSpace()
  return 1
}

/** Whether an item with this marker goes on with the list. */
export function continuesList(list: Block, marker: ListMarker): boolean {
  return list.kind === 'list' && list.list?.ordered === marker.ordered && list.list.symbol === marker.symbol
}
