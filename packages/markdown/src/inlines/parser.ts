import { scanCall } from '../blocks/footnotes.ts'
import { htmlInline } from '../blocks/patterns.ts'
import type { InlineFormula } from '../math/syntax.ts'
import { BareLinks, hasBareLinks } from './autolinks.ts'
import { closeBracket, closeOpenBrackets, openBracket } from './brackets.ts'
import { CodeSpans } from './code-span.ts'
import { DelimiterStack, flanking } from './delimiters.ts'
import { scanEntity } from './entities.ts'
import { Inline } from './node.ts'
import type { Bracket, InlineContext, InlineState } from './state.ts'
import { lengthWithout, trimSpace, trimUndecided } from './trim.ts'

/** The inlines of a leaf, and up to where they cannot change any more. */
export interface InlineResult {
  readonly root: Inline
  /** Characters before this position are settled, whatever follows; 0 if none are. */
  readonly settledAt: number
  /** The last node before that position. */
  readonly settledNode: Inline | null
  /** Where the first of what is shown as closed, and is not, begins; the end of what is shown if there is none. */
  readonly openAt: number
  /** Where what is shown ends. */
  readonly end: number
}

/** Nothing that the parser would stop at, and nothing that an address has. */
const PLAIN = /^[^\n`[\]\\!<&*_~@:.$【]*$/
const ORDINARY = /[^\n`[\]\\!<&*_~$【]+/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: as the specification has it (§6.5)
const AUTOLINK = /<([A-Za-z][A-Za-z0-9.+-]{1,31}:[^<>\x00-\x20]*)>/y
const MAIL_AUTOLINK =
  /<([a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*)>/y
const SPACE = ' \t\n'
const ESCAPABLE = /[!-/:-@[-`{-~]/
const SOURCE = /【([^【】†\n]{1,64})†[^【】\n]{0,200}】/y

/** The inlines of a complete leaf (CommonMark 0.31.2, appendix, phase 2). */
export function parseInlines(text: string, context: InlineContext): InlineResult {
  return new InlineParser(trimSpace(text), context, false).parse()
}

/** The inlines of a leaf that still grows: open markers count as closed at its end, undecided ones are left out. */
export function parseGrowing(text: string, context: InlineContext): InlineResult {
  const decided = trimUndecided(text, context)
  return PLAIN.test(decided) ? plainText(decided) : new InlineParser(decided, context, true).parse()
}

/** Words without any markup, which is what most tokens bring: settled but for the last of them. */
function plainText(text: string): InlineResult {
  const root = new Inline('root')
  const settledAt = text.lastIndexOf(' ') + 1
  if (settledAt > 0) root.append(new Inline('text', text.slice(0, settledAt)))
  const settledNode = root.last
  if (settledAt < text.length) root.append(new Inline('text', text.slice(settledAt)))
  return { root, settledAt, settledNode, openAt: text.length, end: text.length }
}

/** One pass over one leaf. */
class InlineParser implements InlineState {
  readonly text: string
  readonly context: InlineContext
  readonly growing: boolean
  readonly root: Inline = new Inline('root')
  readonly delimiters: DelimiterStack = new DelimiterStack()
  bracket: Bracket | null = null
  pos = 0
  /** Something before `pos` could read otherwise if the text went on. */
  unsettled = false
  #settledAt = 0
  #openAt = Number.POSITIVE_INFINITY
  readonly #lastLine: number
  /** Where the ordinary characters end that were looked at last: an address may cut them before. */
  #ordinaryEnd = 0
  #settledNode: Inline | null = null
  #codeSpans: CodeSpans | null = null
  readonly #bareLinks: BareLinks | null
  #unclosedHtml: Set<string> | null = null
  #formulas: ((at: number) => InlineFormula | null) | null = null

  constructor(text: string, context: InlineContext, growing: boolean) {
    this.text = text
    this.context = context
    this.growing = growing
    this.#lastLine = growing ? text.lastIndexOf('\n') + 1 : 0
    this.#bareLinks = context.gfm && hasBareLinks(text) ? new BareLinks(text, context.cjk) : null
  }

  parse(): InlineResult {
    while (this.pos < this.text.length) {
      if (this.growing) this.#settle(this.pos)
      this.#parseNext()
    }
    let openAt = this.text.length
    if (this.growing) {
      openAt = Math.min(this.#openAt, closeOpenBrackets(this), this.delimiters.closeOpenOnes())
    } else this.delimiters.close(null)
    return {
      root: this.root,
      settledAt: this.#settledAt,
      settledNode: this.#settledNode,
      openAt,
      end: this.text.length,
    }
  }

  addText(text: string): Inline {
    const node = new Inline('text', text)
    this.root.append(node)
    return node
  }

  // A word's beginning with nothing open before it: neither what follows nor what came before can change the other.
  #settle(at: number): void {
    if (this.unsettled || this.bracket !== null || at === 0) return
    if (!SPACE.includes(this.text[at - 1]!) || SPACE.includes(this.text[at]!)) return
    // The last line may become a table's header, and its line end the end of the paragraph.
    if (at === this.#lastLine) return
    if (this.delimiters.pairAll() !== null) return
    this.#settledAt = at
    this.#settledNode = this.root.last
  }

  #parseNext(): void {
    if (this.#parseBareLink()) return
    const char = this.text[this.pos]!
    if ((char === '$' || char === '\\') && this.context.math !== null && this.#parseFormula()) return
    if (char === '!' && this.text[this.pos + 1] === '[') openBracket(this, true)
    else if (char === '\n') this.#parseNewline()
    else if (char === '\\') this.#parseBackslash()
    else if (char === '`') this.#parseTicks()
    else if (char === '*' || char === '_' || (char === '~' && this.context.gfm)) this.#parseDelimiters(char)
    else if (char === '[') {
      if (!this.#parseCall()) openBracket(this, false)
    } else if (char === ']') closeBracket(this)
    else if (char === '<') this.#parseAngle()
    else if (char === '&') this.#parseEntity()
    else if (char === '【' && this.context.citations && this.#parseSource()) return
    else if (char === '!' || char === '~' || char === '$' || char === '【') {
      this.pos++
      this.addText(char)
    } else this.#parseOrdinary()
  }

  #parseOrdinary(): void {
    if (this.#ordinaryEnd <= this.pos) {
      ORDINARY.lastIndex = this.pos
      ORDINARY.test(this.text)
      this.#ordinaryEnd = ORDINARY.lastIndex
    }
    const link = this.#bareLinks?.from(this.pos) ?? null
    let end = this.#ordinaryEnd
    if (link !== null && link.start > this.pos && link.start < end) end = link.start
    let run = this.text.slice(this.pos, end)
    // While the text grows, the last word is apart, so that what is before it can be settled.
    const word = this.growing ? run.lastIndexOf(' ') + 1 : 0
    if (word > 0 && word < run.length) run = run.slice(0, word)
    this.pos += run.length
    this.addText(run)
  }

  #parseBareLink(): boolean {
    const link = this.#bareLinks?.from(this.pos) ?? null
    if (link === null || link.start !== this.pos || this.bracket !== null) return false
    this.#addLink(this.text.slice(link.start, link.end), link.url)
    this.pos = link.end
    return true
  }

  #addLink(text: string, url: string): void {
    const node = new Inline('link')
    node.url = url
    node.append(new Inline('text', text))
    this.root.append(node)
  }

  #parseFormula(): boolean {
    this.#formulas ??= this.context.math!.inlines(this.text, this.growing)
    const formula = this.#formulas(this.pos)
    if (formula === null) return false
    const node = new Inline('math', this.text.slice(this.pos, formula.end))
    node.url = formula.source
    node.display = formula.display
    node.pending = formula.isOpen
    this.root.append(node)
    this.pos = formula.end
    if (formula.isOpen) {
      this.unsettled = true
      this.#openAt = this.pos - formula.source.length - 2
    }
    return true
  }

  #parseSource(): boolean {
    SOURCE.lastIndex = this.pos
    const source = SOURCE.exec(this.text)
    if (source === null) return false
    this.addCitation(source[1]!.trim(), source[0])
    this.pos = SOURCE.lastIndex
    return true
  }

  addCitation(id: string, text: string): void {
    const node = new Inline('citation', text)
    node.url = id
    this.root.append(node)
  }

  #parseCall(): boolean {
    const call = this.context.hasFootnote === null ? null : scanCall(this.text, this.pos)
    if (call === null || !this.context.hasFootnote!(call.label)) return false
    this.addCall(call.label)
    this.pos = call.end
    return true
  }

  /** A footnote's number. */
  addCall(label: string): void {
    const node = new Inline('footnote')
    node.url = label
    this.root.append(node)
  }

  #parseNewline(): void {
    const { last } = this.root
    let hard = false
    if (last?.kind === 'text') {
      hard = last.text.endsWith('  ')
      last.text = last.text.slice(0, lengthWithout(last.text, ' '))
    }
    this.root.append(new Inline(hard ? 'break' : 'softbreak'))
    this.pos++
    while (this.text[this.pos] === ' ') this.pos++
  }

  #parseBackslash(): void {
    const next = this.text[this.pos + 1]
    this.pos += 2
    if (next === '\n') {
      this.root.append(new Inline('break'))
      while (this.text[this.pos] === ' ') this.pos++
    } else if (this.context.math !== null && /[([]/.test(next ?? '')) this.addText(`\\${next}`)
    else if (next !== undefined && ESCAPABLE.test(next)) this.addText(next)
    else {
      this.pos--
      this.addText('\\')
    }
  }

  #parseTicks(): void {
    this.#codeSpans ??= new CodeSpans(this.text)
    const span = this.#codeSpans.scan(this.pos)
    if (span.content === null) {
      this.unsettled = true
      const rest = this.text.slice(span.end)
      if (this.growing && rest !== '' && rest.length < 200) {
        this.#openAt = this.pos
        this.root.append(new Inline('code', rest.replace(/\n/g, ' ')))
        this.pos = this.text.length
        return
      }
      this.addText(this.text.slice(this.pos, span.end))
    } else this.root.append(new Inline('code', span.content))
    this.pos = span.end
  }

  #parseDelimiters(char: string): void {
    const start = this.pos
    while (this.text[this.pos] === char) this.pos++
    const length = this.pos - start
    const node = this.addText(this.text.slice(start, this.pos))
    if (char === '~' && (length > 2 || (length === 1 && !this.context.singleTilde))) return
    const before = start === 0 ? '\n' : characterBefore(this.text, start)
    const after = this.pos < this.text.length ? String.fromCodePoint(this.text.codePointAt(this.pos)!) : '\n'
    const { canOpen, canClose } = flanking(char, before, after, this.context.cjk)
    if (canOpen || canClose) this.delimiters.push(char, node, canOpen, canClose, start)
  }

  #parseAngle(): void {
    const { pos, text } = this
    MAIL_AUTOLINK.lastIndex = AUTOLINK.lastIndex = htmlInline.lastIndex = pos
    const mail = MAIL_AUTOLINK.exec(text)
    const link = mail ?? AUTOLINK.exec(text)
    if (link !== null) {
      this.#addLink(link[1]!, mail === null ? link[1]! : `mailto:${link[1]}`)
      this.pos += link[0].length
      return
    }
    // An unclosed comment is looked for to the text's end: once is enough.
    const kind = text.slice(pos, pos + (text[pos + 1] === '?' ? 2 : 3))
    const html = this.#unclosedHtml?.has(kind) ? null : htmlInline.exec(text)
    if (html !== null) {
      const isHidden = this.context.hidesComments && html[0].startsWith('<!--')
      this.root.append(new Inline('html', isHidden ? '' : html[0]))
      this.pos += html[0].length
      return
    }
    // The beginning of a comment is not shown either.
    if (kind === '<!-' && this.growing && this.context.hidesComments && !this.#unclosedHtml?.has(kind)) {
      this.unsettled = true
      this.pos = text.length
      return
    }
    if (kind[1] === '!' || kind[1] === '?') {
      this.#unclosedHtml ??= new Set()
      this.#unclosedHtml.add(kind)
    }
    if (/^<[A-Za-z/!?]/.test(kind)) this.unsettled = true
    this.pos++
    this.addText('<')
  }

  #parseEntity(): void {
    const entity = scanEntity(this.text, this.pos)
    this.addText(entity?.char ?? '&')
    this.pos += entity?.length ?? 1
  }
}

function characterBefore(text: string, at: number): string {
  const unit = text.charCodeAt(at - 1)
  const low = unit >= 0xdc00 && unit <= 0xdfff && at > 1
  return low ? String.fromCodePoint(text.codePointAt(at - 2)!) : text[at - 1]!
}
