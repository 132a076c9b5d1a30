import type { Block } from '../blocks/block.ts'
import type { Footnotes } from '../blocks/footnotes.ts'
import { setAttribute } from './attributes.ts'
import type { Rendered } from './rendered.ts'

/** The texts around footnotes. */
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

/** With fewer calls than this, all of them are numbered at each change. */
const FEW_CALLS = 64

let views = 0

/**
 * Shows the footnotes that are called, in the order of their first calls, behind the text. Numbers change when a
 * footnote is defined that was called before another one: no cut of the text can show in the end.
 */
export class FootnoteWriter {
  /** Behind the text, while there is a footnote in it. */
  readonly section: HTMLElement
  /** The leaf that is being written. */
  leaf: Block | null = null
  readonly #root: Element
  readonly #list: HTMLElement
  /** Footnotes without a call are here, out of the document. */
  readonly #shelf: HTMLElement
  readonly #footnotes: Footnotes
  readonly #shown: (block: Block) => Rendered | undefined
  readonly #texts: FootnoteTexts
  // Addresses within the page are the view's: what a text chose could pass for something of the page's.
  readonly #prefix: string
  #items = 0
  readonly #known = new WeakMap<Element, Call>()
  #calls: Call[] = []
  /** The calls of each label, in the order of the numbers. */
  #order = new Map<string, Call[]>()
  /** Calls that have no number yet. */
  #fresh: Call[] = []
  #written = 0
  /** The number of changes since all calls were numbered. */
  #changes = 0
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
    // Those of a server are others, as both may meet on a page.
    this.#prefix = `footnote-${document.defaultView === null ? 's' : ''}${++views}`
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
    this.#changes++
  }

  createCall(label: string): HTMLElement {
    const document = this.#root.ownerDocument
    const element = document.createElement('sup')
    const link = element.appendChild(document.createElement('a'))
    link.setAttribute('aria-describedby', this.#prefix)
    const call = { element, link, label, leaf: this.leaf!, written: ++this.#written }
    this.#known.set(element, call)
    this.#fresh.push(call)
    return element
  }

  /** Something may have gone, or a footnote is new or complete. */
  touch(): void {
    this.#changes++
  }

  /** A footnote's text is about to be written again: what is behind it goes. */
  uncover(block: Block): void {
    for (let parent = block.parent; parent !== null; parent = parent.parent) {
      if (parent.kind === 'footnote') this.#removeBackLinks(parent.label)
    }
    this.#changes++
  }

  /**
   * Numbers the calls, and shows what they call. New calls at the end get their number at once. To number all of them
   * again is done for many changes together: else each would cost as much as there are calls.
   *
   * @param isEnd - whether the text is complete
   */
  update(isEnd: boolean): void {
    const isDue = isEnd || this.#calls.length < FEW_CALLS || this.#changes * 4 > this.#calls.length
    if (this.#changes > 0 && isDue) this.#numberAll()
    else if (this.#fresh.length > 0) this.#numberFresh()
  }

  #numberAll(): void {
    const isShown = ({ element, leaf }: Call): boolean =>
      !leaf.dropped && (this.#root.contains(element) || this.#shelf.contains(element))
    this.#calls = [...this.#calls, ...this.#fresh].filter(isShown)
    this.#calls.sort((a, b) => a.leaf.startLine - b.leaf.startLine || a.written - b.written)
    this.#fresh = []
    this.#changes = 0
    this.#order = new Map()
    for (const call of this.#calls) this.#append(call)
    this.#showItems([...this.#order.keys()])
    let number = 0
    for (const [label, calls] of this.#order) this.#number(label, calls, ++number)
    if (this.#order.size === 0) this.section.remove()
    else if (this.section.parentNode === null) this.#root.append(this.section)
  }

  #numberFresh(): void {
    const last = this.#calls.at(-1)?.leaf.startLine ?? -1
    const isBehind = this.#fresh.every(({ leaf }) => !leaf.dropped && leaf.startLine >= last)
    if (!isBehind || this.#fresh.some(({ label }) => !this.#order.has(label))) {
      this.#changes += this.#fresh.length
      if (this.#changes * 4 > this.#calls.length) this.#numberAll()
      return
    }
    const numbers = new Map([...this.#order.keys()].map((label, index) => [label, index + 1]))
    for (const call of this.#fresh.splice(0)) {
      this.#calls.push(call)
      this.#number(call.label, this.#append(call), numbers.get(call.label)!, true)
    }
  }

  #append(call: Call): readonly Call[] {
    const others = this.#order.get(call.label)
    if (others === undefined) this.#order.set(call.label, [call])
    else others.push(call)
    return others ?? [call]
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

  #number(label: string, calls: readonly Call[], number: number, isOnlyLast = false): void {
    const { id } = this.#itemOf(label)
    for (let index = isOnlyLast ? calls.length - 1 : 0; index < calls.length; index++) {
      const { link } = calls[index]!
      if (link.textContent !== `${number}`) link.textContent = `${number}`
      setAttribute(link, 'href', `#${id}`)
      setAttribute(link, 'id', `${id}-${index + 1}`)
    }
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
    const isSame =
      present !== undefined &&
      present.length <= count * 2 &&
      first?.ariaLabel === words &&
      item.contains(first)
    if (!isSame) this.#removeBackLinks(label)
    const nodes = isSame ? present : []
    const end = item.lastElementChild
    const target = end?.localName === 'p' ? end : item
    for (let index = nodes.length / 2 + 1; index <= count; index++) {
      const link = ownerDocument.createElement('a')
      link.href = `#${item.id}-${index}`
      link.ariaLabel = index === 1 ? words : `${words}-${index}`
      link.textContent = '↩'
      if (index > 1) link.appendChild(ownerDocument.createElement('sup')).textContent = `${index}`
      const space = ownerDocument.createTextNode(' ')
      nodes.push(space, link)
      target.append(space, link)
    }
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
