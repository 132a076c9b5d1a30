import type { Inline } from '../inlines/node.ts'
import { setAttributes } from './attributes.ts'
import type { Policy } from './policy.ts'
import { plainText, writeTail } from './text.ts'

const TAGS = { emphasis: 'em', strong: 'strong', strike: 'del', link: 'a', code: 'code' } as const

const REL = 'noopener noreferrer nofollow'

/** Shared by all writers that are in no raw tag, which is most of them: it stays empty. */
const NO_DEPTH: (ChildNode | null)[] = []

/** How long a text node grows before the next begins: appending to a long one copies it. */
const LONG_TEXT = 1024

/** Inlines in inlines beyond this lose their elements: browsers fail at trees that are too deep. */
const DEEPEST = 100

/**
 * Writes inlines into a range of an element's children, node by node in place: what is the same stays, text that grew
 * is appended to. So a selection survives, and nothing flickers.
 */
export class InlineWriter {
  readonly #policy: Policy
  readonly #document: Document
  #parent: Node
  #cursor: ChildNode | null
  readonly #end: ChildNode | null
  #depth: (ChildNode | null)[] = NO_DEPTH
  readonly #level: number
  #text = ''
  #base: Text | null
  #baseLength: number
  /** Where the last node before `markAfter` was written: the text node and how much of it, or the node. */
  mark: { node: ChildNode | null; length: number } | null = null

  /**
   * @param after - what comes before the range, or `null` for the beginning
   * @param length - how much of `after` is before the range, if it is a text
   * @param end - what comes behind the range
   * @param level - how many inlines the range is in
   */
  constructor(
    policy: Policy,
    parent: Node,
    after: ChildNode | null,
    length: number,
    end: ChildNode | null,
    level = 0,
  ) {
    this.#policy = policy
    this.#level = level
    this.#document = parent.ownerDocument!
    this.#parent = parent
    this.#base = after?.nodeType === 3 && length < LONG_TEXT ? (after as Text) : null
    if (after?.nodeType === 3 && this.#base === null) writeTail(after as Text, length, '')
    this.#baseLength = this.#base === null ? 0 : length
    this.#cursor = after === null ? parent.firstChild : after.nextSibling
    this.#end = end
  }

  write(root: Inline, markAfter: Inline | null): void {
    for (let node = root.first; node !== null; node = node.next) {
      this.#writeNode(node)
      if (node === markAfter && this.#depth.length === 0) this.mark = this.#place()
    }
    this.#flush()
    this.#removeRest()
  }

  #place(): { node: ChildNode | null; length: number } {
    this.#flush()
    return this.#base === null
      ? { node: this.#before(), length: 0 }
      : { node: this.#base, length: this.#baseLength }
  }

  #before(): ChildNode | null {
    return this.#cursor === null ? this.#parent.lastChild : (this.#cursor.previousSibling as ChildNode | null)
  }

  #writeNode(node: Inline): void {
    switch (node.kind) {
      case 'text':
        this.#text += node.text
        return
      case 'softbreak':
        this.#text += '\n'
        return
      case 'break':
        this.#element('br', () => {})
        this.#text += '\n'
        return
      case 'html':
        this.#writeHtml(node.text)
        return
      case 'image':
        this.#writeImage(node)
        return
      case 'code':
        this.#element('code', (element) => this.#inside(element, (writer) => writer.addText(node.text)))
        return
      case 'root':
        return
      case 'footnote':
        this.#writeCall(node.url)
        return
      case 'math':
        // A name of its own, so that no other element is taken for a formula that is there already.
        this.#element('var', (element) =>
          this.#policy.math!.show(
            element as HTMLElement,
            node.text,
            node.pending ? null : node.url,
            node.display,
          ),
        )
        return
      case 'citation':
        this.#writeCitation(node)
        return
      default:
        if (this.#level >= DEEPEST) {
          this.#text += plainText(node)
          return
        }
        if (node.kind === 'link' && this.#policy.overrides.has('link')) {
          this.#writeOverriddenLink(node)
          return
        }
        this.#element(TAGS[node.kind], (element) => {
          if (node.kind === 'link') this.#setLink(element, node)
          this.#inside(element, (writer) => writer.write(node, null))
        })
    }
  }

  addText(text: string): void {
    this.#text += text
    this.#flush()
    this.#removeRest()
  }

  #inside(element: Element, write: (writer: InlineWriter) => void): void {
    write(new InlineWriter(this.#policy, element, null, 0, null, this.#level + 1))
  }

  #writeHtml(source: string): void {
    const [, slash, name] = /^<(\/?)([a-z][a-z0-9]*)/i.exec(source) ?? []
    const tag = name === undefined ? null : this.#policy.tag(name)
    if (tag === null || this.#level + this.#depth.length >= DEEPEST) this.#text += source
    else if (tag === 'br' || tag === 'wbr') this.#element(tag, () => {})
    else if (slash === '') this.#openTag(tag)
    else this.#closeTag(tag)
  }

  // The element takes what follows until its closing tag, or until the leaf's end: the stack is the DOM's own.
  #openTag(tag: string): void {
    this.#element(tag, (element) => {
      this.#parent = element
      if (this.#depth === NO_DEPTH) this.#depth = []
      this.#depth.push(this.#cursor)
      this.#cursor = element.firstChild
    })
  }

  #closeTag(tag: string): void {
    if (this.#depth.length === 0 || (this.#parent as Element).localName !== tag) return
    this.#flush()
    this.#leave()
  }

  #leave(): void {
    while (this.#cursor !== null) this.#removeCursor()
    this.#parent = this.#parent.parentNode!
    this.#cursor = this.#depth.pop()!
    this.#base = null
    this.#baseLength = 0
  }

  #writeImage(node: Inline): void {
    const alt = plainText(node)
    const source = node.pending ? null : this.#policy.image(node.url)
    if (source === null) {
      this.#text += alt
      return
    }
    this.#element('img', (element) => {
      // The policy's headers come first: setting the source begins to load.
      const title = node.title || null
      setAttributes(element, { loading: 'lazy', referrerpolicy: 'no-referrer', alt, title, src: source })
      const known = { src: source, alt, ...(title !== null && { title }) }
      this.#policy.overrides.update(element, { attributes: known })
    })
  }

  #writeCall(label: string): void {
    const footnotes = this.#policy.footnotes!
    if (this.#text !== '' || this.#base !== null) this.#flush()
    this.#base = null
    this.#baseLength = 0
    const cursor = this.#cursor
    if (cursor !== this.#end && footnotes.isCall(cursor, label)) {
      footnotes.writeAgain(cursor as unknown as Element)
      this.#cursor = cursor!.nextSibling as ChildNode | null
    } else this.#parent.insertBefore(footnotes.createCall(label), cursor)
  }

  #writeCitation(node: Inline): void {
    const citation = this.#policy.cite(node.url, node.text)
    const href = citation === null ? null : this.#policy.link(citation.href)
    if (href === null) {
      this.#text += node.text
      return
    }
    this.#element('a', (element) => {
      const title = citation!.title ?? null
      const target = this.#policy.target ?? null
      setAttributes(element, { rel: REL, target, title, 'data-citation': node.url, href })
      this.#inside(element, (writer) => writer.addText(citation!.label ?? node.text))
    })
  }

  #writeOverriddenLink(node: Inline): void {
    const { overrides } = this.#policy
    const place = (element: HTMLElement): HTMLElement => overrides.place('link', element)
    const fill = (element: Element): void => {
      overrides.update(element, {
        href: node.pending ? null : this.#policy.link(node.url),
        title: node.title || null,
      })
      this.#inside(element, (writer) => writer.write(node, null))
    }
    this.#element('span', fill, place, true)
  }

  #setLink(element: Element, node: Inline): void {
    const url = node.pending ? null : this.#policy.link(node.url)
    const rel = url === null ? null : REL
    const target = url === null ? null : (this.#policy.target ?? null)
    setAttributes(element, { rel, target, title: node.title || null, href: url })
    if (this.#policy.cites) element.removeAttribute('data-citation')
  }

  #element(
    tag: string,
    fill: (element: Element) => void,
    place?: (element: HTMLElement) => HTMLElement,
    isLink = false,
  ): void {
    if (this.#text !== '' || this.#base !== null) this.#flush()
    this.#base = null
    this.#baseLength = 0
    const cursor = this.#cursor
    const present =
      cursor !== this.#end && cursor?.nodeType === 1
        ? this.#policy.overrides.contentOf(cursor as unknown as Element)
        : null
    if (present?.localName === tag && !(tag === 'sup' && this.#policy.footnotes?.isCall(present))) {
      this.#cursor = cursor!.nextSibling as ChildNode | null
      fill(present)
      return
    }
    const element = this.#document.createElement(tag)
    const { overrides } = this.#policy
    if (place === undefined && overrides.has(tag)) place = (content) => overrides.place(tag, content)
    this.#parent.insertBefore(place?.(element) ?? element, cursor)
    fill(element)
    if (place !== undefined && tag !== 'img' && !isLink) overrides.update(element, { attributes: {} })
  }

  #flush(): void {
    const text = this.#text
    this.#text = ''
    if (this.#base === null) {
      if (text === '') return
      if (this.#cursor !== this.#end && this.#cursor?.nodeType === 3) {
        this.#base = this.#cursor as Text
        this.#cursor = this.#cursor.nextSibling as ChildNode | null
        this.#baseLength = 0
      } else {
        this.#base = this.#document.createTextNode(text)
        this.#parent.insertBefore(this.#base, this.#cursor)
        this.#baseLength = text.length
        return
      }
    }
    writeTail(this.#base, this.#baseLength, text)
    this.#baseLength += text.length
  }

  #removeRest(): void {
    while (this.#depth.length > 0) this.#leave()
    while (this.#cursor !== null && this.#cursor !== this.#end) this.#removeCursor()
  }

  #removeCursor(): void {
    const next = this.#cursor!.nextSibling as ChildNode | null
    if (this.#cursor!.nodeType === 1) this.#policy.footnotes?.touch()
    this.#cursor!.remove()
    this.#cursor = next
  }
}
