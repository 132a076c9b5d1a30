import type { Block } from '../blocks/block.ts'
import type { BlockParser } from '../blocks/parser.ts'
import { decodeText } from '../inlines/entities.ts'
import { setAttribute } from './attributes.ts'
import type { Rendered } from './rendered.ts'

/** How long a text node grows before the next begins: appending to a long one copies it. */
const LONG_TEXT = 1024

/** Appends to a code or HTML block what is new. */
export function writeVerbatim(block: Block, shown: Rendered, parser: BlockParser): void {
  const { content } = shown
  if (block.kind === 'code' && shown.info !== block.info) {
    shown.info = block.info
    const language = languageOf(block)
    setAttribute(content, 'class', language === '' ? null : `language-${language}`)
  }
  shown.uncertain ??= content.appendChild(content.ownerDocument.createTextNode(''))
  const certain = parser.takeCertainText(block)
  if (certain !== '') {
    const last = shown.uncertain.previousSibling as Text | null
    if (last !== null && last.length < LONG_TEXT) last.appendData(certain)
    else content.insertBefore(content.ownerDocument.createTextNode(certain), shown.uncertain)
  }
  if (block.tail !== '' || shown.uncertain.length > 0) shown.uncertain.data = block.tail
  if (shown.lines !== null) numberLines(shown, certain)
  shown.done = !block.open && !parser.isUncertain(block)
}

function numberLines(shown: Rendered, more: string): void {
  const lines = shown.lines!
  let { lineCount } = shown
  for (let at = more.indexOf('\n'); at !== -1; at = more.indexOf('\n', at + 1)) lineCount++
  if (lineCount === shown.lineCount && lines.firstChild !== null) return
  let text = ''
  for (let line = shown.lineCount + 1; line <= lineCount; line++) text += `${line}\n`
  shown.lineCount = lineCount
  const last = lines.lastChild as Text | null
  if (last !== null && last.length < LONG_TEXT) last.appendData(text)
  else lines.append(text)
}

/** The first word of a fence's info string. */
export function languageOf(block: Block): string {
  return decodeText(block.info).split(/\s/, 1)[0] ?? ''
}
