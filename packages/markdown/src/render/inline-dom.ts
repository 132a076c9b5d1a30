import type { Inline } from '../inlines/node.ts'
import type { Policy } from './policy.ts'

const TAGS = { emphasis: 'em', strong: 'strong', strike: 'del', link: 'a', code: 'code' } as const

/** How long a text node grows before the next begins: appending to a long one copies it. */
const LONG_TEXT = 4096

/** Inlines in inlines beyond this lose their elements: browsers fail at trees that are too deep. */
const DEEPEST = 100

/**
 * Writes inlines into a range of an element's children, node by node in place: what is the same stays, text that grew
 * is appended to. So a selection survives, and nothing flickers.
 */
export class InlineWriter {
  private readonly policy: Policy
  private readonly document: Document
  private parent: Node
  private cursor: ChildNode | null
  private readonly end: ChildNode | null
  private readonly depth: (ChildNode | null)[] = []
  private readonly level: number
  private text = ''
  private base: Text | null
  private baseLength: number
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
    this.policy = policy
    this.level = level
    this.document = parent.ownerDocument!
    this.parent = parent
    this.base = after?.nodeType === 3 && length < LONG_TEXT ? (after as Text) : null
    if (after?.nodeType === 3 && this.base === null)
      setData(after as Text, (after as Text).data.slice(0, length))
    this.baseLength = this.base === null ? 0 : length
    this.cursor = after === null ? parent.firstChild : after.nextSibling
    this.end = end
  }

  write(root: Inline, markAfter: Inline | null): void {
    for (let node = root.first; node !== null; node = node.next) {
      this.writeNode(node)
      if (node === markAfter && this.depth.length === 0) this.mark = this.place()
    }
    this.flush()
    this.removeRest()
  }

  private place(): { node: ChildNode | null; length: number } {
    const written = this.base === null ? '' : this.base.data.slice(0, this.baseLength)
    if (this.text === '' && this.base === null) return { node: this.before(), length: 0 }
    if (this.text === '' && written !== '') return { node: this.base, length: this.baseLength }
    const text = this.flush()
    return { node: text, length: text.data.length }
  }

  private before(): ChildNode | null {
    return this.cursor === null ? this.parent.lastChild : (this.cursor.previousSibling as ChildNode | null)
  }

  private writeNode(node: Inline): void {
    switch (node.kind) {
      case 'text':
        this.text += node.text
        return
      case 'softbreak':
        this.text += '\n'
        return
      case 'break':
        this.element('br', () => {})
        this.text += '\n'
        return
      case 'html':
        this.writeHtml(node.text)
        return
      case 'image':
        this.writeImage(node)
        return
      case 'code':
        this.element('code', (element) => this.inside(element, (writer) => writer.addText(node.text)))
        return
      case 'root':
        return
      default:
        if (this.level >= DEEPEST) {
          this.text += plainText(node)
          return
        }
        this.element(TAGS[node.kind], (element) => {
          if (node.kind === 'link') this.setLink(element, node)
          this.inside(element, (writer) => writer.write(node, null))
        })
    }
  }

  addText(text: string): void {
    this.text += text
    this.flush()
    this.removeRest()
  }

  private inside(element: Element, write: (writer: InlineWriter) => void): void {
    write(new InlineWriter(this.policy, element, null, 0, null, this.level + 1))
  }

  private writeHtml(source: string): void {
    const [, slash, name] = /^<(\/?)([a-z][a-z0-9]*)/i.exec(source) ?? []
    const tag = name === undefined ? null : this.policy.tag(name)
    if (tag === null || this.level + this.depth.length >= DEEPEST) this.text += source
    else if (tag === 'br' || tag === 'wbr') this.element(tag, () => {})
    else if (slash === '') this.openTag(tag)
    else this.closeTag(tag)
  }

  // The element takes what follows until its closing tag, or until the leaf's end: the stack is the DOM's own.
  private openTag(tag: string): void {
    this.element(tag, (element) => {
      this.parent = element
      this.depth.push(this.cursor)
      this.cursor = element.firstChild
    })
  }

  private closeTag(tag: string): void {
    if (this.depth.length === 0 || (this.parent as Element).localName !== tag) return
    this.flush()
    this.leave()
  }

  private leave(): void {
    while (this.cursor !== null) this.removeCursor()
    this.parent = this.parent.parentNode!
    this.cursor = this.depth.pop()!
    this.base = null
    this.baseLength = 0
  }

  private writeImage(node: Inline): void {
    const alt = plainText(node)
    const source = node.pending ? null : this.policy.image(node.url)
    if (source === null) {
      this.text += alt
      return
    }
    this.element('img', (element) => {
      // The policy's headers come first: setting the source begins to load.
      setAttribute(element, 'loading', 'lazy')
      setAttribute(element, 'referrerpolicy', 'no-referrer')
      setAttribute(element, 'alt', alt)
      setAttribute(element, 'title', node.title || null)
      setAttribute(element, 'src', source)
    })
  }

  private setLink(element: Element, node: Inline): void {
    const url = node.pending ? null : this.policy.link(node.url)
    setAttribute(element, 'rel', url === null ? null : 'noopener noreferrer nofollow')
    setAttribute(element, 'target', url === null ? null : (this.policy.target ?? null))
    setAttribute(element, 'title', node.title || null)
    setAttribute(element, 'href', url)
  }

  private element(tag: string, fill: (element: Element) => void): void {
    if (this.text !== '' || this.base !== null) this.flush()
    this.base = null
    this.baseLength = 0
    const { cursor } = this
    let element: Element
    if (cursor !== this.end && cursor?.nodeType === 1 && (cursor as Element).localName === tag) {
      element = cursor as unknown as Element
      this.cursor = cursor.nextSibling as ChildNode | null
    } else {
      element = this.document.createElement(tag)
      this.parent.insertBefore(element, cursor)
    }
    fill(element)
  }

  private flush(): Text {
    if (this.text === '' && this.base !== null) {
      setData(this.base, this.base.data.slice(0, this.baseLength))
      return this.base
    }
    const { text } = this
    this.text = ''
    if (this.base === null) {
      if (text === '') return this.document.createTextNode('')
      if (this.cursor !== this.end && this.cursor?.nodeType === 3) {
        this.base = this.cursor as Text
        this.cursor = this.cursor.nextSibling as ChildNode | null
      } else {
        this.base = this.document.createTextNode('')
        this.parent.insertBefore(this.base, this.cursor)
      }
      this.baseLength = 0
    }
    setData(this.base, this.base.data.slice(0, this.baseLength) + text)
    this.baseLength += text.length
    return this.base
  }

  private removeRest(): void {
    while (this.depth.length > 0) this.leave()
    while (this.cursor !== null && this.cursor !== this.end) this.removeCursor()
  }

  private removeCursor(): void {
    const next = this.cursor!.nextSibling as ChildNode | null
    this.cursor!.remove()
    this.cursor = next
  }
}

/** Changes a text in place: what was selected of the part that stays, stays selected. */
function setData(node: Text, text: string): void {
  const { data } = node
  if (data === text) return
  if (text.startsWith(data)) node.appendData(text.slice(data.length))
  else if (data.startsWith(text)) node.deleteData(text.length, data.length - text.length)
  else node.data = text
}

/** Sets an attribute only if that changes it. */
export function setAttribute(element: Element, name: string, value: string | null): void {
  if (element.getAttribute(name) === value) return
  if (value === null) element.removeAttribute(name)
  else element.setAttribute(name, value)
}

// Walks without recursion, for the same trees.
function plainText(root: Inline): string {
  let text = ''
  let node = root.first
  while (node !== null) {
    text += node.kind === 'softbreak' || node.kind === 'break' ? '\n' : node.text
    if (node.first !== null) node = node.first
    else {
      while (node !== root && node!.next === null) node = node!.parent!
      node = node === root ? null : node!.next
    }
  }
  return text
}
