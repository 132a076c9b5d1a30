/** A bare address in a text (GFM §6.9): from, to, and where it leads. */
export interface BareLink {
  readonly start: number
  readonly end: number
  readonly url: string
}

const CANDIDATE = /(?:https?:\/\/|ftp:\/\/|www\.)[^\s<]+|[a-z0-9.+_-]+@[a-z0-9_-]+(?:\.[a-z0-9_-]+)+/

/** Whether a text may hold a bare address. */
export function hasBareLinks(text: string): boolean {
  return /:\/\/|www\.|@/i.test(text)
}

/** Finds the bare addresses of one text, in order. */
export class BareLinks {
  readonly #text: string
  #next: BareLink | null

  constructor(text: string) {
    this.#text = text
    this.#next = this.#find(0)
  }

  /** The first address that begins at `at` or behind it. */
  from(at: number): BareLink | null {
    if (this.#next !== null && this.#next.start < at) this.#next = this.#find(at)
    return this.#next
  }

  #find(from: number): BareLink | null {
    const text = this.#text
    const candidates = new RegExp(CANDIDATE, 'gi')
    candidates.lastIndex = from
    for (let match = candidates.exec(text); match !== null; match = candidates.exec(text)) {
      const link = toLink(match[0], match.index, text[match.index - 1] ?? '')
      if (link !== null) return link
      // What is no address as a whole may hold one behind its first word.
      candidates.lastIndex = match.index + firstWord(match[0])
    }
    return null
  }
}

function firstWord(candidate: string): number {
  return /^(?:[a-z0-9]+|.)/i.exec(candidate)![0].length
}

function toLink(candidate: string, start: number, before: string): BareLink | null {
  const www = /^www\./i.test(candidate)
  if (!www && !/^(?:https?|ftp):\/\//i.test(candidate)) return toMail(candidate, start, before)
  if (www ? !/^$|[\s*_~([\]]/.test(before) : /[a-z]/i.test(before)) return null
  const text = trimEnd(candidate.split(/\](?=[[(])/, 1)[0]!)
  const domain = /^(?:\w+:\/\/)?([^\s!-,/:-@[-^`{-~]+)/.exec(text)?.[1]
  if (domain === undefined || /_[^.]*\.?[^.]*$/.test(domain) || /^\.|\.\./.test(domain)) return null
  if (www && text.length <= 4) return null
  return { start, end: start + text.length, url: www ? `http://${text}` : text }
}

function toMail(candidate: string, start: number, before: string): BareLink | null {
  if (/[/\w.+-]/.test(before)) return null
  const text = candidate.replace(/\.+$/, '')
  if (!/[a-z]$/i.test(text)) return null
  return { start, end: start + text.length, url: `mailto:${text}` }
}

/** Punctuation at the end belongs to the sentence, and a parenthesis to who opened it. */
function trimEnd(text: string): string {
  let end = text.length
  for (;;) {
    const char = text[end - 1] ?? ''
    if (/[?!.,:*_~'"\]]/.test(char)) end--
    else if (char === ';') {
      const entity = /&[a-z0-9]+;$/i.exec(text.slice(0, end))
      end = entity === null ? end - 1 : entity.index
    } else if (char === ')' && count(text, ')', end) > count(text, '(', end)) end--
    else return text.slice(0, end)
  }
}

function count(text: string, char: string, end: number): number {
  let found = 0
  for (let at = text.indexOf(char); at !== -1 && at < end; at = text.indexOf(char, at + 1)) found++
  return found
}
