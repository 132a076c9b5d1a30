import { Inline } from './node.ts'

/** A run of `*`, `_` or `~` that may open or close emphasis (CommonMark 0.31.2, appendix). */
export interface Delimiter {
  readonly char: string
  readonly length: number
  left: number
  readonly node: Inline
  readonly canOpen: boolean
  readonly canClose: boolean
  /** Grows along the text. */
  readonly index: number
  /** Where it is in the text. */
  readonly at: number
  previous: Delimiter | null
  next: Delimiter | null
}

const WORD = /[a-z0-9]/i
const SPACE = /\s/
const PUNCTUATION = /[\p{P}\p{S}]/u
const CJK =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\u3000-\u303f\uff00-\uffef]/u

/** How many markers count as open at once: real texts have no more, and each is an element around the others. */
const MOST_PREDICTED = 8

// Classes of all Unicode are slow to ask about, and hardly ever needed.
function isPunctuation(char: string): boolean {
  return char > '~' ? PUNCTUATION.test(char) : /[!-/:-@[-`{-~]/.test(char)
}

/** The flanking rules of §6.2, for a run between two characters. */
export function flanking(
  char: string,
  before: string,
  after: string,
  cjk: boolean,
): { canOpen: boolean; canClose: boolean } {
  // Between two of these a run says the same in all rules.
  if (WORD.test(before) && WORD.test(after)) return { canOpen: char !== '_', canClose: char !== '_' }
  const spaceBefore = SPACE.test(before)
  const spaceAfter = SPACE.test(after)
  const punctuationBefore = isPunctuation(before)
  const punctuationAfter = isPunctuation(after)
  // CJK text has no spaces around words, so the rules for punctuation would refuse what every reader expects.
  const cjkBefore = cjk && before > '~' && CJK.test(before)
  const cjkAfter = cjk && after > '~' && CJK.test(after)
  const left = !spaceAfter && (!punctuationAfter || spaceBefore || punctuationBefore || cjkBefore)
  const right = !spaceBefore && (!punctuationBefore || spaceAfter || punctuationAfter || cjkAfter)
  if (char !== '_') return { canOpen: left, canClose: right }
  return {
    canOpen: left && (!right || punctuationBefore),
    canClose: right && (!left || punctuationAfter),
  }
}

/** The delimiters that are still open, newest last. */
export class DelimiterStack {
  top: Delimiter | null = null
  #pushed = 0
  /** Delimiters up to this index were paired without a bottom: no closer among them finds an opener. */
  #pairedTo = -1
  #floors: Map<string, number> | null = null

  push(char: string, node: Inline, canOpen: boolean, canClose: boolean, at: number): void {
    const { length } = node.text
    const delimiter: Delimiter = {
      char,
      length,
      left: length,
      node,
      canOpen,
      canClose,
      index: this.#pushed++,
      at,
      previous: this.top,
      next: null,
    }
    if (this.top !== null) this.top.next = delimiter
    this.top = delimiter
  }

  remove(delimiter: Delimiter): void {
    if (delimiter.previous !== null) delimiter.previous.next = delimiter.next
    if (delimiter.next !== null) delimiter.next.previous = delimiter.previous
    else this.top = delimiter.previous
  }

  /** Pairs what is new since the last call, so that a call for each word is no more work than one at the end. */
  pairAll(): Delimiter | null {
    if (this.top !== null) {
      this.#floors ??= new Map()
      this.#pair(-1, this.#pairedTo, this.#floors)
    }
    this.#pairedTo = this.#pushed - 1
    return this.top
  }

  // `floors` says for each kind of closer up to where no opener for it is, so that the search stops there. Openers
  // without a closer stay, in case the text goes on.
  #pair(lowest: number, pairedTo: number, floors: Map<string, number>): void {
    let closer: Delimiter | null = this.top
    if (closer === null || closer.index <= pairedTo) return
    while (closer.previous !== null && closer.previous.index > pairedTo) closer = closer.previous
    while (closer !== null) {
      if (!closer.canClose) {
        closer = closer.next
        continue
      }
      const key = `${closer.char}${closer.canOpen ? 1 : 0}${closer.char === '~' ? closer.length : closer.length % 3}`
      const floor = floors.get(key) ?? lowest
      let opener = closer.previous
      while (opener !== null && opener.index > floor && !matches(opener, closer)) opener = opener.previous
      if (opener === null || opener.index <= floor) {
        floors.set(key, closer.previous?.index ?? lowest)
        const { next } = closer
        if (!closer.canOpen) this.remove(closer)
        closer = next
      } else closer = this.#wrap(opener, closer)
    }
  }

  /** Pairs, and gives up on what is left above `bottom`. */
  close(bottom: Delimiter | null): void {
    if (bottom === null) this.pairAll()
    else this.#pair(bottom.index, bottom.index, new Map())
    while (this.top !== null && this.top.index > (bottom?.index ?? -1)) this.remove(this.top)
  }

  /**
   * Emphasis that is not closed yet, as if it were closed at the end of what is there.
   *
   * @returns where the first of it begins
   */
  closeOpenOnes(): number {
    let first = Number.POSITIVE_INFINITY
    this.pairAll()
    let left = MOST_PREDICTED
    for (let opener = this.top; opener !== null && left > 0; opener = opener.previous, left--) {
      if (!opener.canOpen || opener.node.next === null || opener.node.parent === null) continue
      while (opener.left > 0) {
        const used = opener.char === '~' ? opener.left : Math.min(opener.left, 2)
        const emphasis = new Inline(kindOf(opener.char, used))
        opener.node.moveFollowing(null, emphasis)
        opener.node.insertAfter(emphasis)
        opener.left -= used
        opener.node.text = opener.node.text.slice(used)
      }
      first = opener.at
    }
    return first
  }

  #wrap(opener: Delimiter, closer: Delimiter): Delimiter | null {
    const used = closer.char === '~' ? closer.left : closer.left >= 2 && opener.left >= 2 ? 2 : 1
    opener.left -= used
    closer.left -= used
    opener.node.text = opener.node.text.slice(used)
    closer.node.text = closer.node.text.slice(used)
    const emphasis = new Inline(kindOf(closer.char, used))
    opener.node.moveFollowing(closer.node, emphasis)
    opener.node.insertAfter(emphasis)
    opener.next = closer
    closer.previous = opener
    if (opener.left === 0) {
      opener.node.unlink()
      this.remove(opener)
    }
    if (closer.left > 0) return closer
    closer.node.unlink()
    const { next } = closer
    this.remove(closer)
    return next
  }
}

function matches(opener: Delimiter, closer: Delimiter): boolean {
  if (opener.char !== closer.char || !opener.canOpen) return false
  if (closer.char === '~') return opener.length === closer.length
  const either = closer.canOpen || opener.canClose
  return !either || closer.length % 3 === 0 || (opener.length + closer.length) % 3 !== 0
}

function kindOf(char: string, used: number): 'strike' | 'strong' | 'emphasis' {
  if (char === '~') return 'strike'
  return used === 2 ? 'strong' : 'emphasis'
}
