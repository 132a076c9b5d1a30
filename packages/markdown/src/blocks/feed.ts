import type { Block } from './block.ts'
import { mayBecomeFootnote } from './footnotes.ts'
import type { BlockParser } from './parser.ts'

/** Beyond this length the unfinished line is looked at again only when it has grown by a quarter. */
const LONG_LINE = 1024

/** A character that makes a line of text one: no marker, table row or underline can come of it any more. */
const ORDINARY = /[^\s*_=+|:\-`~#>\d.)<]/

/** A line that is most likely a table's header: it begins with a pipe, or has two with spaces around them. */
const LIKELY_HEADER = /^(?:\||[^`|\\]+ \| [^`|\\]+ \| )/

/** The beginning of the row below a header: below a line with a pipe it is most likely no heading's underline. */
const LIKELY_DELIMITERS = /^[|:\- \t]+$/

/**
 * Cuts a growing text into lines for the block parser. Of the last, unfinished line it shows what is certain: a line
 * that can only be text goes in at once and grows; one that could still become something else is tried out, or held
 * back while it is nothing but a marker.
 */
export class LineFeed {
  readonly #parser: BlockParser
  #partial = ''
  #inLine = false
  #afterCarriageReturn = false
  #triedLength = 0
  #hasBegun = false
  /** The end of the text that may be the beginning of a tag. */
  #held = ''

  constructor(parser: BlockParser) {
    this.#parser = parser
  }

  add(text: string): void {
    if (text !== '' && !this.#hasBegun) {
      this.#hasBegun = true
      // A byte order mark is no part of the text.
      if (text[0] === '\ufeff') text = text.slice(1)
    }
    if (this.#parser.syntax.thinks) text = this.#splitThoughts(text)
    if (text !== '') this.#add(text)
  }

  // The tag that ends a thought may stand in a line of text; the block parser takes it on a line of its own.
  #splitThoughts(text: string): string {
    text = this.#held + text
    const cut = /<(?:\/(?:t(?:h(?:i(?:n(?:k)?)?)?)?)?)?$/.exec(text)?.index ?? text.length
    this.#held = text.slice(cut)
    return text.slice(0, cut).replaceAll('</think>', '\n</think>\n')
  }

  #add(text: string): void {
    if (!/[\r\n]/.test(text)) {
      this.#afterCarriageReturn = false
      this.#grow(clean(text))
      return
    }
    let from = this.#afterCarriageReturn && text[0] === '\n' ? 1 : 0
    this.#afterCarriageReturn = text.endsWith('\r')
    const lineEnding = /\r\n?|\n/g
    lineEnding.lastIndex = from
    for (let end = lineEnding.exec(text); end !== null; end = lineEnding.exec(text)) {
      this.#endLine(clean(text.slice(from, end.index)))
      from = lineEnding.lastIndex
    }
    if (from < text.length) this.#grow(clean(text.slice(from)))
  }

  /** Shows of the unfinished line what can be shown. Call it when no more text is there for now. */
  settle(): void {
    const parser = this.#parser
    if (!parser.trying && !this.#inLine && this.#partial !== '' && this.#isDue()) this.#tryLine()
    const { tip } = parser
    // A trial ends the paragraph above the header, and reads it again: with each update, so it must not be long.
    if (tip.kind !== 'paragraph' || !tip.open || tip.lineStart > LONG_LINE || !mayBeHeader(tip)) return
    if (LIKELY_HEADER.test(tip.lastLine) || LIKELY_DELIMITERS.test(this.#partial)) parser.tryTable()
  }

  finish(): void {
    if (this.#held !== '') this.#add(this.#held)
    this.#parser.undoTrial()
    if (this.#inLine || this.#partial !== '') this.#endLine('')
    this.#parser.finish()
  }

  #endLine(piece: string): void {
    const parser = this.#parser
    parser.undoTrial()
    this.#triedLength = 0
    if (!this.#inLine) parser.addLine(this.#partial + piece)
    else parser.addToLine(parser.tip.kind === 'code' ? `${piece}\n` : piece)
    parser.endDetails()
    this.#partial = ''
    this.#inLine = false
  }

  #grow(piece: string): void {
    if (this.#inLine) {
      this.#parser.undoTrial()
      this.#parser.addToLine(piece)
      return
    }
    this.#partial += piece
    if (this.#isDue()) this.#parser.undoTrial()
  }

  #isDue(): boolean {
    const { length } = this.#partial
    return length < LONG_LINE || length > this.#triedLength * 1.25
  }

  #tryLine(): void {
    const parser = this.#parser
    const partial = this.#partial
    const { tip } = parser
    this.#triedLength = partial.length
    parser.tryLine(partial)
    const verdict = judge(parser, tip === parser.tip)
    if (verdict === 'shown') return
    parser.undoTrial()
    if (verdict === 'held') return
    parser.beginLine(partial)
    this.#partial = ''
    this.#inLine = true
  }
}

/** Whether the last line of a paragraph can become the header of a table: it is not shown for good then. */
export function mayBeHeader({ lastLine, lineStart, tail, hasPipe }: Block): boolean {
  return (
    hasPipe &&
    lastLine.length < LONG_LINE &&
    (lineStart === 0 ? tail.length === lastLine.length : tail.length > lastLine.length)
  )
}

function clean(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\ufffd') : text
}

/** Says how the parser read the unfinished line, and whether more of it could change that. */
function judge(
  { tip, cursor, footnotes, syntax }: BlockParser,
  goesOn: boolean,
): 'settled' | 'shown' | 'held' {
  const { rest } = cursor
  switch (tip.kind) {
    case 'code':
      if (tip.fence === '') return (goesOn ? /\S/ : ORDINARY).test(rest) ? 'settled' : 'held'
      if (!goesOn) return 'shown'
      return /^(?:`*|~*)$/.test(rest.trim()) ? 'held' : 'settled'
    case 'paragraph':
      if (rest[0] === '<') return /^<\/?[a-z]*$/i.test(rest) ? 'held' : 'shown'
      if (tip.parent!.kind === 'item' && tip.lineStart === 0 && /^\[[ xX]?\]?$/.test(rest)) return 'held'
      if (syntax.math !== null && /^[$\\]$/.test(rest)) return 'held'
      if (footnotes !== null && mayBecomeFootnote(rest)) return 'held'
      return ORDINARY.test(rest) ? 'settled' : 'held'
    case 'heading':
      return goesOn || tip.full === '' ? 'held' : 'shown'
    case 'math':
      return 'shown'
    case 'html':
      return /^<\/?[a-z]*$/i.test(rest) ? 'held' : 'shown'
    case 'table':
      return goesOn && /[^\s|:-]/.test(rest) ? 'shown' : 'held'
    default:
      return 'held'
  }
}
