import { type Block, DEEPEST } from './block.ts'
import { skipQuoteMarker } from './continuation.ts'
import { readFootnoteStart } from './footnotes.ts'
import { continuesList, readListMarker } from './list-marker.ts'
import { atxHeading, codeFence, htmlBlockOpen, setextLine, thematicBreak } from './patterns.ts'
import type { LineParser } from './syntax.ts'
import { parseDelimiterRow, splitRow } from './table.ts'

/** The kind of block that a line begins: one that may hold more beginnings, one that takes the rest of the line, or nothing. */
export type Start = 'container' | 'leaf' | null

type BlockStart = (parser: LineParser, container: Block) => Start

const quote: BlockStart = (parser, container) => {
  if (container.depth >= DEEPEST || !skipQuoteMarker(parser.cursor)) return null
  parser.addBlock('quote')
  return 'container'
}

const footnote: BlockStart = (parser, container) => {
  if (parser.footnotes === null || container.depth >= DEEPEST) return null
  const label = readFootnoteStart(parser.cursor)
  if (label === null) return null
  parser.addFootnote(label)
  return 'container'
}

const heading: BlockStart = (parser) => {
  const { cursor } = parser
  const marker = atxHeading.exec(cursor.afterIndent)?.[0]
  if (cursor.indented || marker === undefined) return null
  cursor.skipIndent()
  cursor.skipChars(marker.length)
  const block = parser.addBlock('heading')
  block.level = marker.trim().length
  block.setText(trimClosing(cursor.rest))
  cursor.skipRest()
  return 'leaf'
}

const fenced: BlockStart = (parser) => {
  const { cursor } = parser
  const fence = cursor.indented ? undefined : codeFence.exec(cursor.afterIndent)?.[0]
  if (fence === undefined) return null
  if (fence[0] === '`' && cursor.line.includes('`', cursor.nextNonspace + fence.length)) return null
  const block = parser.addBlock('code')
  block.fence = fence
  block.fenceOffset = cursor.indent
  cursor.skipIndent()
  cursor.skipChars(fence.length)
  block.info = cursor.rest.trim()
  cursor.skipRest()
  return 'leaf'
}

const html: BlockStart = (parser, container) => {
  const { cursor } = parser
  if (cursor.indented || cursor.next !== '<') return null
  const line = cursor.afterIndent
  const kind = htmlBlockOpen.findIndex((pattern) => pattern.test(line)) + 1
  const interrupts = container.kind === 'paragraph' || parser.maybeLazy
  if (kind === 0 || (kind === 7 && interrupts)) return null
  // A tag that may be used counts as text, so that what it marks up is text as well.
  if (kind === 7 && parser.syntax.allowsTag(/[a-z0-9]+/i.exec(line)![0].toLowerCase())) return null
  parser.addBlock('html').level = kind
  return 'leaf'
}

const DETAILS = /^<details(?:\s[^<>]*)?>/i
const SUMMARY = /^<summary(?:\s[^<>]*)?>((?:[^<]|<(?!\/summary>))*)(?:<\/summary>)?/i
const THINK = /^<think>/

/** `<details>`, a summary in it, and `<think>`, which models write what they consider in. */
const details: BlockStart = (parser, container) => {
  const { cursor } = parser
  if (cursor.indented || cursor.next !== '<' || container.depth >= DEEPEST) return null
  const line = cursor.afterIndent
  const begin = (kind: 'details' | 'think', { length }: string): Start => {
    cursor.skipIndent()
    cursor.skipChars(length)
    parser.addBlock(kind)
    return 'container'
  }
  if (parser.syntax.thinks && THINK.test(line)) return begin('think', '<think>')
  if (!parser.syntax.allowsTag('details')) return null
  const tag = DETAILS.exec(line)?.[0]
  if (tag !== undefined) return begin('details', tag)
  if (container.kind !== 'details') return null
  const summary = SUMMARY.exec(line)
  if (summary === null && !/^<\/summary>/i.test(line)) return null
  cursor.skipIndent()
  cursor.skipChars(summary?.[0].length ?? '</summary>'.length)
  if (summary !== null && container.children.length === 0) parser.addClosed('summary', summary[1]!.trim())
  return 'container'
}

const math: BlockStart = (parser) => parser.syntax.math?.start(parser) ?? null

const setext: BlockStart = (parser, container) => {
  const { cursor } = parser
  if (cursor.indented || container.kind !== 'paragraph' || !setextLine.test(cursor.afterIndent)) return null
  parser.takeDefinitions(container)
  if (container.full === '') return null
  parser.closeUnmatched()
  container.kind = 'heading'
  container.level = cursor.next === '=' ? 1 : 2
  parser.touch(container)
  cursor.skipRest()
  return 'leaf'
}

const thematic: BlockStart = (parser) => {
  if (parser.cursor.indented || !thematicBreak.test(parser.cursor.afterIndent)) return null
  parser.addBlock('break')
  parser.cursor.skipRest()
  return 'leaf'
}

const item: BlockStart = (parser, container) => {
  if (container.depth >= DEEPEST) return null
  const marker = readListMarker(parser.cursor, container)
  if (marker === null) return null
  parser.closeUnmatched()
  if (!continuesList(parser.tip, marker)) parser.addBlock('list').list = marker
  parser.addBlock('item').list = marker
  return 'container'
}

const indentedCode: BlockStart = (parser) => {
  const { cursor } = parser
  if (!cursor.indented || cursor.blank || parser.tip.kind === 'paragraph') return null
  cursor.skipColumns(4)
  parser.addBlock('code')
  return 'leaf'
}

/** GFM §4.10: a delimiter row makes the paragraph's last line a table's header. */
const table: BlockStart = (parser, container) => {
  const { cursor } = parser
  if (!parser.syntax.tables || cursor.indented || container.kind !== 'paragraph' || container.full === '')
    return null
  if (!/^[|:-]/.test(cursor.next)) return null
  const align = parseDelimiterRow(cursor.afterIndent)
  if (align === null) return null
  const line = container.lastLine
  const header = splitRow(line)
  if (header.length !== align.length || line.trim() === '|') return null
  parser.closeUnmatched()
  parser.becomeTable(container, header, align)
  cursor.skipRest()
  return 'leaf'
}

const starts: readonly BlockStart[] = [
  quote,
  footnote,
  heading,
  fenced,
  math,
  details,
  html,
  setext,
  table,
  thematic,
  item,
  indentedCode,
]

const MAYBE_START = /[#`~*+_=<>0-9|:[$\\-]/

/** Begins what the line begins next. */
export function startBlock(parser: LineParser, container: Block): Start {
  const { cursor } = parser
  if (!cursor.indented && !MAYBE_START.test(cursor.next)) return null
  for (const start of starts) {
    const started = start(parser, container)
    if (started !== null) return started
  }
  return null
}

/** A heading's text without the closing sequence of `#`. */
function trimClosing(text: string): string {
  const trimmed = text.trim()
  let end = trimmed.length
  while (trimmed[end - 1] === '#') end--
  if (end === 0) return ''
  return end < trimmed.length && /[ \t]/.test(trimmed[end - 1]!) ? trimmed.slice(0, end).trim() : trimmed
}
