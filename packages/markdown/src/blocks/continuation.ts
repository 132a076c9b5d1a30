import type { Block } from './block.ts'
import type { Cursor } from './cursor.ts'
import { closingFence } from './patterns.ts'
import type { BlockMath } from './syntax.ts'

/** `'closes'`: the line was the block's own end, and is used up. */
export type Continuation = 'continues' | 'fails' | 'closes'

/** Whether an open block goes on in this line (CommonMark 0.31.2, appendix, phase 1). Moves behind its marker. */
export function continueBlock(block: Block, cursor: Cursor, math: BlockMath | null): Continuation {
  switch (block.kind) {
    case 'document':
    case 'list':
      return 'continues'
    case 'quote':
      return continueQuote(cursor)
    case 'item':
      return continueItem(block, cursor)
    case 'details':
      return continueDetails(block, cursor, /^<\/details>\s*$/i)
    case 'think':
      return continueDetails(block, cursor, /^<\/think>\s*$/)
    case 'math':
      return math!.goOn(block, cursor)
    case 'footnote':
      return continueIndented(cursor)
    case 'code':
      return block.fence === '' ? continueIndented(cursor) : continueFenced(block, cursor)
    case 'html':
      return cursor.blank && block.level >= 6 ? 'fails' : 'continues'
    case 'paragraph':
    case 'table':
      return cursor.blank ? 'fails' : 'continues'
    default:
      return 'fails'
  }
}

/** Moves behind `>` and the space after it. */
export function skipQuoteMarker(cursor: Cursor): boolean {
  if (cursor.indented || cursor.next !== '>') return false
  cursor.skipIndent()
  cursor.skipChars(1)
  cursor.skipSpace()
  return true
}

// The end tag belongs to the innermost block of its kind, and is text in code.
function continueDetails(block: Block, cursor: Cursor, end: RegExp): Continuation {
  if (cursor.indented || cursor.next !== '<' || !end.test(cursor.afterIndent)) return 'continues'
  for (let inner = block.last; inner?.open; inner = inner.last)
    if (inner.kind === block.kind || inner.kind === 'code') return 'continues'
  return 'closes'
}

function continueQuote(cursor: Cursor): Continuation {
  return skipQuoteMarker(cursor) ? 'continues' : 'fails'
}

function continueItem(block: Block, cursor: Cursor): Continuation {
  if (cursor.blank) {
    if (block.children.length === 0) return 'fails'
    cursor.skipIndent()
    return 'continues'
  }
  const { markerOffset, padding } = block.list!
  if (cursor.indent < markerOffset + padding) return 'fails'
  cursor.skipColumns(markerOffset + padding)
  return 'continues'
}

function continueIndented(cursor: Cursor): Continuation {
  if (cursor.indented) cursor.skipColumns(4)
  else if (cursor.blank) cursor.skipIndent()
  else return 'fails'
  return 'continues'
}

function continueFenced(block: Block, cursor: Cursor): Continuation {
  if (!cursor.indented && cursor.next === block.fence[0]) {
    const fence = closingFence.exec(cursor.afterIndent)?.[0]
    if (fence !== undefined && fence.length >= block.fence.length) return 'closes'
  }
  for (let left = block.fenceOffset; left > 0 && cursor.skipSpace(); left--);
  return 'continues'
}
