/** A bare address in a text (GFM §6.9): its begin and end in the text, and its target. */
export interface BareLink {
  readonly start: number
  readonly end: number
  readonly url: string
}

const URL_START = /https?:\/\/|ftp:\/\/|www\./gi
const MAIL_CHAR = /[a-z0-9.+_-]/i
const MAIL_DOMAIN_CHAR = /[a-z0-9_-]/i
const DOMAIN_END = /[\s!-,/:-@[-^`{-~]|$/g
/** An address ends here if CJK text is expected: a sentence goes on without a space. */
const CJK_END = /[\s<\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]|$/g
const RUN_END = /[\s<]|$/g
const DOUBLE_DOT = /\.\.|$/g
const REFERENCE_START = /\](?=[[(])|$/g

/** Whether a text may hold a bare address. */
export function hasBareLinks(text: string): boolean {
  return /:\/\/|www\.|@/i.test(text)
}

/**
 * Finds the bare addresses of one text, in order. Each position is looked at a fixed number of times: what a look ahead
 * has found is kept for the next candidate, which may begin in the middle of this one.
 */
export class BareLinks {
  readonly #text: string
  readonly #runEnd: Ahead
  readonly #referenceStart: Ahead
  readonly #domainEnd: Ahead
  readonly #doubleDot: Ahead
  #url: BareLink | null = null
  #urlFrom = 0
  #limit = -1
  #punctuation = -1
  #mail: BareLink | null = null
  #mailFrom = 0

  /** @param cjk - whether full-width punctuation ends an address */
  constructor(text: string, cjk: boolean) {
    this.#text = text
    this.#runEnd = new Ahead(text, cjk ? CJK_END : RUN_END)
    this.#referenceStart = new Ahead(text, REFERENCE_START)
    this.#domainEnd = new Ahead(text, DOMAIN_END)
    this.#doubleDot = new Ahead(text, DOUBLE_DOT)
  }

  /** The first address that begins at `at` or behind it. */
  from(at: number): BareLink | null {
    if (this.#url !== null ? this.#url.start < at : this.#urlFrom <= at) this.#url = this.#nextUrl(at)
    if (this.#mail !== null ? this.#mail.start < at : this.#mailFrom <= at) this.#mail = this.#nextMail(at)
    if (this.#url === null || this.#mail === null) return this.#url ?? this.#mail
    return this.#mail.start < this.#url.start ? this.#mail : this.#url
  }

  #nextUrl(from: number): BareLink | null {
    let at = Math.max(from, this.#urlFrom)
    for (let match = startFrom(this.#text, at); match !== null; match = startFrom(this.#text, at)) {
      at = match.index + match[0].length
      const link = this.#toUrl(match.index, match[0])
      if (typeof link === 'number') at = Math.max(at, link)
      else {
        this.#urlFrom = link.end
        return link
      }
    }
    this.#urlFrom = Number.POSITIVE_INFINITY
    return null
  }

  /** The address that begins here, or up to where no other one can begin. */
  #toUrl(start: number, head: string): BareLink | number {
    const text = this.#text
    const before = text[start - 1] ?? ''
    const www = head.endsWith('.')
    if (www ? !/^$|[\s*_~([\]]/.test(before) : /[a-z]/i.test(before)) return 0
    const domainStart = www ? start : start + head.length
    const limit = Math.min(this.#runEnd.from(start), this.#referenceStart.from(start))
    let domainEnd = Math.min(limit, this.#domainEnd.from(domainStart))
    // The end is looked at before the domain only if it may take something away from the domain.
    let end = domainEnd > this.#punctuationOf(limit) ? trimEnd(text, start, limit) : limit
    domainEnd = Math.min(domainEnd, end)
    if (domainEnd <= domainStart || text[domainStart] === '.') return 0
    const dots = this.#doubleDot.from(domainStart)
    if (dots < domainEnd - 1) return dots
    // GFM: no underscore in the last two segments of the domain. One refuses all that begins in front of it.
    const domain = text.slice(domainStart, domainEnd)
    const dot = domain.lastIndexOf('.')
    const underscore = domain.lastIndexOf('_')
    if (underscore > (dot > 0 ? domain.lastIndexOf('.', dot - 1) : -1)) return domainStart + underscore
    if (end === limit) end = trimEnd(text, start, limit)
    if (www && end - start <= 4) return 0
    const url = text.slice(start, end)
    return { start, end, url: www ? `http://${url}` : url }
  }

  /** Where the punctuation begins that is in front of an end. */
  #punctuationOf(limit: number): number {
    if (this.#limit !== limit) {
      this.#limit = this.#punctuation = limit
      while (/[?!.,:*_~'"\]);]/.test(this.#text[this.#punctuation - 1] ?? '')) this.#punctuation--
    }
    return this.#punctuation
  }

  #nextMail(from: number): BareLink | null {
    const text = this.#text
    let floor = Math.max(from, this.#mailFrom)
    for (let at = text.indexOf('@', floor); at !== -1; at = text.indexOf('@', at + 1)) {
      let start = at
      while (start > floor && MAIL_CHAR.test(text[start - 1]!)) start--
      const end = start < at && !/[/\w.+-]/.test(text[start - 1] ?? '') ? mailEnd(text, at + 1) : 0
      // A second look would find the same in front of this sign.
      floor = Math.max(end, at + 1)
      if (end === 0 || !/[a-z]/i.test(text[end - 1]!)) continue
      this.#mailFrom = floor
      return { start, end, url: `mailto:${text.slice(start, end)}` }
    }
    this.#mailFrom = Number.POSITIVE_INFINITY
    return null
  }
}

function startFrom(text: string, at: number): RegExpExecArray | null {
  URL_START.lastIndex = at
  return URL_START.exec(text)
}

/** Where a pattern matches next. Asked for positions in order, it looks at each character once. */
class Ahead {
  readonly #text: string
  readonly #pattern: RegExp
  #found = -1

  constructor(text: string, pattern: RegExp) {
    this.#text = text
    this.#pattern = pattern
  }

  from(at: number): number {
    if (this.#found < at) {
      this.#pattern.lastIndex = at
      this.#found = this.#pattern.exec(this.#text)!.index
    }
    return this.#found
  }
}

/** Where the domain behind an at sign ends, without dots at its end; 0 if there is no dot in it. */
function mailEnd(text: string, from: number): number {
  let end = from
  let dot = 0
  for (; ; end++) {
    const char = text[end] ?? ''
    if (
      char === '.' &&
      end > from &&
      MAIL_DOMAIN_CHAR.test(text[end - 1]!) &&
      MAIL_DOMAIN_CHAR.test(text[end + 1] ?? '')
    )
      dot = end
    else if (char === '' || !MAIL_DOMAIN_CHAR.test(char)) break
  }
  return dot === 0 ? 0 : end
}

/** Punctuation at the end belongs to the sentence, and a closing parenthesis to an opening one before the address. */
function trimEnd(text: string, start: number, limit: number): number {
  let end = limit
  let surplus: number | null = null
  for (;;) {
    const char = text[end - 1] ?? ''
    if (end <= start) return start
    if (/[?!.,:*_~'"\]]/.test(char)) end--
    else if (char === ';') end = referenceStart(text, start, end)
    else if (char === ')') {
      surplus ??= surplusOf(text, start, end)
      if (surplus <= 0) return end
      surplus--
      end--
    } else return end
  }
}

/** How many more parentheses close than open. */
function surplusOf(text: string, start: number, end: number): number {
  let surplus = 0
  for (let at = start; at < end; at++) {
    if (text[at] === ')') surplus++
    else if (text[at] === '(') surplus--
  }
  return surplus
}

/** In front of the character reference that ends with this semicolon, or of the semicolon alone. */
function referenceStart(text: string, start: number, end: number): number {
  let at = end - 2
  while (at > start && /[a-z0-9]/i.test(text[at]!)) at--
  return at < end - 2 && text[at] === '&' ? at : end - 1
}
