import { scanCall } from '../blocks/footnotes.ts'
import { normalizeLabel, scanLabel } from '../blocks/references.ts'
import { decodeText } from './entities.ts'
import { scanDestination, scanTitle } from './link-parts.ts'
import { Inline } from './node.ts'
import type { Bracket, InlineState } from './state.ts'

interface Target {
  readonly url: string
  readonly title: string
  readonly end: number
  readonly pending?: boolean
}

/** How much unfinished text may be taken for a link's, and for its address. */
const PREDICTED_LENGTH = 100
const PREDICTED_ADDRESS = 300

/** A text in brackets that is most likely a link's: words, and neither a number, an interval nor a whole sentence. */
const LINK_TEXT = /^!?(?![\d\s^(])(?:[^\n().;,]|\([^\n()]*\)|[.,](?=\S)){3,}[.,(]?$/

const CITED = /^(?:\d{1,4}|\^[^\s\]]{1,64})$/

export function openBracket(parser: InlineState, image: boolean): void {
  parser.pos += image ? 2 : 1
  if (parser.bracket !== null) parser.bracket.followed = true
  parser.bracket = {
    node: parser.addText(image ? '![' : '['),
    previous: parser.bracket,
    delimiter: parser.delimiters.top,
    start: parser.pos,
    image,
    active: true,
    followed: false,
  }
}

/** A closing bracket makes a link or an image of what is behind the opener, if a target follows (§6.3, §6.4). */
export function closeBracket(parser: InlineState): void {
  const start = parser.pos++
  const opener = parser.bracket
  if (opener === null) {
    parser.addText(']')
    return
  }
  const target = opener.active ? findTarget(parser, opener, start) : null
  parser.bracket = opener.previous
  if (target === null && opener.image && callAfterMark(parser, opener)) return
  if (target === null && parser.context.citations && cite(parser, opener, start)) return
  if (target === null) {
    if (/^[([]/.test(parser.text.slice(parser.pos, parser.pos + 1))) parser.unsettled = true
    parser.addText(']')
    return
  }
  wrap(parser, opener, target)
  parser.pos = target.end
  if (opener.image) return
  for (let before = opener.previous; before !== null; before = before.previous) {
    if (!before.image) before.active = false
  }
}

// `[1]`, or `[^1]` without such a footnote.
function cite(parser: InlineState, opener: Bracket, end: number): boolean {
  const id = parser.text.slice(opener.start, Math.min(end, opener.start + 70))
  if (opener.image || end - opener.start > 66 || !CITED.test(id)) return false
  while (opener.node.next !== null) opener.node.next.unlink()
  opener.node.unlink()
  parser.addCitation(id.replace('^', ''), `[${id}]`)
  return true
}

// `![^label]` is no image, but may be an exclamation mark and a call.
function callAfterMark(parser: InlineState, opener: Bracket): boolean {
  const call = parser.context.hasFootnote === null ? null : scanCall(parser.text, opener.start - 1)
  if (call?.end !== parser.pos || !parser.context.hasFootnote!(call.label)) return false
  parser.delimiters.close(opener.delimiter)
  while (opener.node.next !== null) opener.node.next.unlink()
  opener.node.text = '!'
  parser.addCall(call.label)
  return true
}

/**
 * While the text grows, an open bracket's text looks like the link that it will most likely be.
 *
 * @returns where it begins, or the text's end if there is none
 */
export function closeOpenBrackets(parser: InlineState): number {
  const { bracket, text } = parser
  if (bracket === null || !bracket.active || text.length - bracket.start > PREDICTED_LENGTH)
    return text.length
  if (!bracket.image && !LINK_TEXT.test(text.slice(bracket.start))) return text.length
  if (text.length === bracket.start) return text.length
  wrap(parser, bracket, { url: '', title: '', end: text.length, pending: true }, false)
  return bracket.start - (bracket.image ? 2 : 1)
}

function wrap(parser: InlineState, opener: Bracket, target: Target, closed = true): void {
  const node = new Inline(opener.image ? 'image' : 'link')
  node.url = decodeText(target.url)
  node.title = decodeText(target.title)
  node.pending = target.pending === true
  opener.node.moveFollowing(null, node)
  opener.node.insertAfter(node)
  if (closed) parser.delimiters.close(opener.delimiter)
  opener.node.unlink()
}

function findTarget(parser: InlineState, opener: Bracket, end: number): Target | null {
  const { text, pos, growing } = parser
  if (text[pos] === '(') {
    const inline = scanInlineTarget(text, pos)
    if (inline !== null) return inline
  }
  const label = scanLabel(text, pos)
  let reference: string | null = null
  if (label !== null && label.length > 2) reference = label.slice(1, -1)
  else if (!opener.followed && end - opener.start < 1000) reference = text.slice(opener.start, end)
  if (reference !== null) {
    const definition = parser.context.lookUp(normalizeLabel(reference))
    if (definition !== undefined) return { ...definition, end: pos + (label?.length ?? 0) }
  }
  const isCall = parser.context.hasFootnote !== null && text[opener.start] === '^'
  if (!growing || isCall || text.length - pos > PREDICTED_ADDRESS) return null
  if (!/^(?:$|\([^)\n]*$|\[[^\]\n]*$)/.test(text.slice(pos))) return null
  parser.unsettled = true
  const isCertain = text[pos] === '(' && /^\(\s*\S/.test(text.slice(pos, pos + 9))
  const isShort = end - opener.start <= PREDICTED_LENGTH
  if (!opener.image && !isCertain && !(isShort && LINK_TEXT.test(text.slice(opener.start, end)))) return null
  return { url: '', title: '', end: text.length, pending: true }
}

function scanInlineTarget(text: string, pos: number): Target | null {
  const space = /[ \t]*(?:\n[ \t]*)?/y
  const skip = (at: number): number => {
    space.lastIndex = at
    space.test(text)
    return space.lastIndex
  }
  const destination = scanDestination(text, skip(pos + 1))
  if (destination === null) return null
  const behind = skip(destination.end)
  const title = behind > destination.end ? scanTitle(text, behind) : null
  const end = skip(title?.end ?? behind)
  if (text[end] !== ')') return null
  return { url: destination.url, title: title?.raw ?? '', end: end + 1 }
}
