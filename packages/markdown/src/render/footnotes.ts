import type { Block } from '../blocks/block.ts'
import type { Footnotes } from '../blocks/footnotes.ts'
import { setAttribute } from './inline-dom.ts'
import type { Rendered } from './rendered.ts'

/** What is said around footnotes. */
export interface FootnoteTexts {
  /** Above them. */
  readonly heading: string
  /** To a screen reader, before a footnote's number, of the link that leads back to where it is called. */
  readonly back: string
}

const TEXTS: FootnoteTexts = { heading: 'Footnotes', back: 'Back to reference' }

/** One call of a footnote. */
interface Call {
  readonly element: HTMLElement
  readonly link: HTMLAnchorElement
  readonly label: string
  /** Changes when the line that it is in is tried out anew. */
  leaf: Block
  /** Calls of one leaf are in the order in which they were written last. */
  written: number
}

let views = 0

/**
 * Shows the footnotes that are called, in the order of their first calls, behind the text. Numbers change when a
 * footnote is defined that was called before another one: no cut of the text can show in the end.
 */
export class FootnoteWriter {
  /** Behind the text, while there is a footnote in it. */
  readonly section: HTMLElement
  /** What is being written. */
  leaf: Block | null = null
  readonly #root: Element
  readonly #list: HTMLElement
  /** Footnotes that nobody calls are here, out of the document. */
  readonly #shelf: HTMLElement
  readonly #footnotes: Footnotes
  readonly #shown: (block: Block) => Rendered | undefined
  readonly #texts: FootnoteTexts
  // Addresses within the page are the view's: what a text chose could pass for something of the page's.
  readonly #prefix = `footnote-${++views}`
  #items = 0
  readonly #known = new WeakMap<Element, Call>()
  #calls: Call[] = []
  #written = 0
  #isStale = false
  readonly #backLinks = new Map<string, ChildNode[]>()

  constructor(
    root: Element,
    options: true | FootnoteTexts,
    headingLevel: number,
    footnotes: Footnotes,
    shown: (block: Block) => Rendered | undefined,
  ) {
    const document = root.ownerDocument
    this.#root = root
    this.#texts = options === true ? TEXTS : options
    this.#footnotes = footnotes
    this.#shown = shown
    this.#shelf = document.createElement('div')
    this.section = document.createElement('section')
    this.section.className = 'footnotes'
    const heading = this.section.appendChild(document.createElement(`h${Math.min(6, headingLevel)}`))
    heading.id = this.#prefix
    heading.textContent = this.#texts.heading
    this.#list = this.section.appendChild(document.createElement('ol'))
  }

  /** The element that a footnote's blocks go into. */
  createItem(): HTMLElement {
    const item = this.#root.ownerDocument.createElement('li')
    item.dir = 'auto'
    item.id = `${this.#prefix}-${++this.#items}`
    return this.#shelf.appendChild(item)
  }

  /** Whether an element is a call, of this label if one is given. */
  isCall(element: Node | null, label?: string): boolean {
    const call = element === null ? undefined : this.#known.get(element as Element)
    return call !== undefined && (label === undefined || call.label === label)
  }

  writeAgain(element: Element): void {
    const call = this.#known.get(element)!
    call.written = ++this.#written
    if (call.leaf === this.leaf) return
    call.leaf = this.leaf!
    this.#isStale = true
  }

  createCall(label: string): HTMLElement {
    const document = this.#root.ownerDocument
    const element = document.createElement('sup')
    const link = element.appendChild(document.createElement('a'))
    link.setAttribute('aria-describedby', this.#prefix)
    const call = { element, link, label, leaf: this.leaf!, written: ++this.#written }
    this.#known.set(element, call)
    this.#calls.push(call)
    this.#isStale = true
    return element
  }

  /** Something may have gone, or a footnote is new or complete. */
  touch(): void {
    this.#isStale = true
  }

  /** A footnote's text is about to be written again: what is behind it goes. */
  uncover(block: Block): void {
    for (let parent = block.parent; parent !== null; parent = parent.parent) {
      if (parent.kind === 'footnote') this.#removeBackLinks(parent.label)
    }
    this.#isStale = true
  }

  /** Numbers the calls, and shows what they call. */
  update(): void {
    if (!this.#isStale) return
    this.#isStale = false
    const isShown = ({ element, leaf }: Call): boolean =>
      !leaf.dropped && (this.#root.contains(element) || this.#shelf.contains(element))
    this.#calls = this.#calls.filter(isShown)
    this.#calls.sort((a, b) => a.leaf.startLine - b.leaf.startLine || a.written - b.written)
    const order = new Map<string, Call[]>()
    for (const call of this.#calls) {
      const others = order.get(call.label)
      if (others === undefined) order.set(call.label, [call])
      else others.push(call)
    }
    this.#showItems([...order.keys()])
    let number = 0
    for (const [label, calls] of order) this.#number(label, calls, ++number)
    if (order.size === 0) this.section.remove()
    else if (this.section.parentNode === null) this.#root.append(this.section)
  }

  #showItems(labels: readonly string[]): void {
    let next = this.#list.firstChild
    for (const label of labels) {
      const item = this.#itemOf(label)
      if (item === next) next = next.nextSibling
      else this.#list.insertBefore(item, next)
    }
    while (this.#list.childElementCount > labels.length) this.#shelf.append(this.#list.lastChild!)
  }

  #number(label: string, calls: readonly Call[], number: number): void {
    const { id } = this.#itemOf(label)
    calls.forEach(({ link }, index) => {
      if (link.textContent !== `${number}`) link.textContent = `${number}`
      setAttribute(link, 'href', `#${id}`)
      setAttribute(link, 'id', `${id}-${index + 1}`)
    })
    const block = this.#footnotes.get(label)!
    if (!block.open && this.#shown(block)!.done) this.#showBackLinks(label, calls.length, number)
  }

  // In the last paragraph if the footnote ends with one, as GitHub has it.
  #showBackLinks(label: string, count: number, number: number): void {
    const item = this.#itemOf(label)
    const { ownerDocument } = item
    const words = `${this.#texts.back} ${number}`
    const present = this.#backLinks.get(label)
    const first = present?.[1] as Element | undefined
    const isSame = present?.length === count * 2 && first?.ariaLabel === words && item.contains(first)
    if (isSame) return
    this.#removeBackLinks(label)
    const nodes: ChildNode[] = []
    for (let index = 1; index <= count; index++) {
      const link = ownerDocument.createElement('a')
      link.href = `#${item.id}-${index}`
      link.ariaLabel = index === 1 ? words : `${words}-${index}`
      link.textContent = '↩'
      if (index > 1) link.appendChild(ownerDocument.createElement('sup')).textContent = `${index}`
      nodes.push(ownerDocument.createTextNode(' '), link)
    }
    const end = item.lastElementChild
    const target = end?.localName === 'p' ? end : item
    target.append(...nodes)
    this.#backLinks.set(label, nodes)
  }

  #removeBackLinks(label: string): void {
    for (const node of this.#backLinks.get(label) ?? []) node.remove()
    this.#backLinks.delete(label)
  }

  #itemOf(label: string): HTMLElement {
    return this.#shown(this.#footnotes.get(label)!)!.content as HTMLElement
  }
}
