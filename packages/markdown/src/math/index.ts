import type { InlineFormula, MathSyntax } from './syntax.ts'

export type { InlineFormula, MathSyntax } from './syntax.ts'

/**
 * Makes what stands for a formula, now or later; `null` leaves its source. A node is moved into the document; a hook
 * for a server returns trusted HTML, which `renderMarkdown` takes as it is.
 */
export type RenderMath = (
  source: string,
  options: { readonly display: boolean; readonly document: Document },
) => Node | null | Promise<Node | null>

/** How formulas are read. */
export interface MathOptions {
  /**
   * Reads `$…$` as well. An opening dollar has no space behind it; a closing one has no space in front of it and no
   * digit behind it, so that most prices stay prices.
   * @default false
   */
  readonly dollars?: boolean
  /**
   * Receives what the renderer throws, once for each kind of message; the source stays.
   * @default reports the error to the page (`reportError`)
   */
  readonly onError?: (error: unknown, source: string) => void
}

/**
 * The option `math`: reads `$$…$$`, `\[…\]` and `\(…\)`, and shows them by the application's renderer. Without one, and
 * while a formula is not complete, its source is shown as it was written.
 */
export function math(render: RenderMath | null = null, options: MathOptions = {}): MathSyntax {
  const { dollars = false, onError } = options
  const shown = new WeakMap<HTMLElement, string>()
  const reported = new Set<string>()

  function report(error: unknown, source: string): void {
    const message = String(error)
    if (reported.has(message)) return
    reported.add(message)
    if (onError !== undefined) onError(error, source)
    else if (typeof reportError === 'function') reportError(error)
    else console.error(error)
  }

  return {
    start(parser) {
      const { cursor } = parser
      const opening = cursor.indented ? null : openingOf(cursor.afterIndent)
      if (opening === null) return null
      const block = parser.addBlock('math')
      block.fence = opening
      cursor.skipIndent()
      if (closes(opening, cursor.rest.slice(2))) {
        block.setText(cursor.rest)
        cursor.skipRest()
        block.level = 1
      }
      return 'leaf'
    },
    // The closing marker stays in the text, which is shown until there is a formula, and if none can be made.
    goOn(block, cursor) {
      if (block.level === 1 || cursor.blank) return 'fails'
      if (!closes(block.fence, cursor.rest)) return 'continues'
      block.addLine(cursor.rest)
      block.level = 1
      return 'closes'
    },
    inlines: (text, growing) => new Formulas(text, growing, dollars).at,
    show(element, written, source, display) {
      const key = `${display}${source === null ? ' ' : ''}${written}`
      if (shown.get(element) === key) return
      shown.set(element, key)
      element.setAttribute('data-math', display ? 'display' : 'inline')
      element.textContent = written
      if (render === null || source === null) return
      const place = (node: Node | null): void => {
        if (node !== null && shown.get(element) === key) element.replaceChildren(node)
      }
      try {
        const made = render(source, { display, document: element.ownerDocument })
        if (made instanceof Promise) made.then(place).catch((error: unknown) => report(error, source))
        else place(made)
      } catch (error) {
        report(error, source)
      }
    },
  }
}

/** The marker of the block of math that a line begins, or `null`. */
function openingOf(line: string): string | null {
  const opening = line.startsWith('$$') ? '$$' : line.startsWith('\\[') ? '\\[' : null
  if (opening === null) return null
  const end = line.indexOf(opening === '$$' ? '$$' : '\\]', 2)
  // With text behind the formula, it is a part of that text.
  return end === -1 || line.slice(end + 2).trim() === '' ? opening : null
}

function closes(opening: string, line: string): boolean {
  return line.trimEnd().endsWith(opening === '$$' ? '$$' : '\\]')
}

class Formulas {
  readonly #text: string
  readonly #growing: boolean
  readonly #dollars: boolean
  /** Closing markers that do not come any more: once is enough to look for each. */
  readonly #missing = new Set<string>()

  constructor(text: string, growing: boolean, dollars: boolean) {
    this.#text = text
    this.#growing = growing
    this.#dollars = dollars
  }

  /** The formula that begins at a position, or `null`. */
  readonly at = (at: number): InlineFormula | null => {
    const opening = this.#text.slice(at, at + 2)
    if (opening === '$$') return this.#until(at, '$$', true)
    if (opening === '\\(') return this.#until(at, '\\)', false)
    if (opening === '\\[') return this.#until(at, '\\]', true)
    return opening[0] === '$' && this.#dollars ? this.#dollar(at) : null
  }

  #until(at: number, closing: string, display: boolean): InlineFormula | null {
    const text = this.#text
    const end = this.#missing.has(closing) ? -1 : text.indexOf(closing, at + 2)
    if (end > at + 2) return { source: text.slice(at + 2, end), display, end: end + 2, isOpen: false }
    if (end === -1) {
      this.#missing.add(closing)
      if (this.#growing) return { source: text.slice(at + 2), display, end: text.length, isOpen: true }
    }
    return null
  }

  #dollar(at: number): InlineFormula | null {
    const text = this.#text
    if (this.#missing.has('$') || /\s/.test(text[at + 1] ?? ' ')) return null
    let end = at + 1
    for (; end < text.length && text[end] !== '$'; end++) if (text[end] === '\\') end++
    if (end >= text.length) {
      this.#missing.add('$')
      return null
    }
    if (/\s/.test(text[end - 1]!) || /\d/.test(text[end + 1] ?? '')) return null
    const source = text.slice(at + 1, end)
    // `$10, or 5$` is two prices.
    if (/^\d[\d.,]*\s/.test(source)) return null
    return { source, display: false, end: end + 1, isOpen: false }
  }
}
