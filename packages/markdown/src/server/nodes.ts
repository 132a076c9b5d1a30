// The part of the DOM that the writers use, without a browser. The names and the meaning are those of the DOM Standard.

/** A node among its siblings. */
export abstract class MiniNode {
  abstract readonly nodeType: number
  readonly ownerDocument: MiniDocument
  parentNode: MiniElement | null = null
  previousSibling: MiniNode | null = null
  nextSibling: MiniNode | null = null

  constructor(document: MiniDocument) {
    this.ownerDocument = document
  }

  get parentElement(): MiniElement | null {
    return this.parentNode
  }

  abstract get textContent(): string

  remove(): void {
    const { parentNode, previousSibling, nextSibling } = this
    if (parentNode === null) return
    if (previousSibling === null) parentNode.firstChild = nextSibling
    else previousSibling.nextSibling = nextSibling
    if (nextSibling === null) parentNode.lastChild = previousSibling
    else nextSibling.previousSibling = previousSibling
    this.parentNode = this.previousSibling = this.nextSibling = null
  }
}

/** A text. */
export class MiniText extends MiniNode {
  readonly nodeType = 3
  data: string

  constructor(document: MiniDocument, data: string) {
    super(document)
    this.data = data
  }

  get length(): number {
    return this.data.length
  }

  get textContent(): string {
    return this.data
  }

  appendData(text: string): void {
    this.data += text
  }

  substringData(at: number, count: number): string {
    return this.data.slice(at, at + count)
  }

  deleteData(at: number, count: number): void {
    this.replaceData(at, count, '')
  }

  replaceData(at: number, count: number, text: string): void {
    this.data = this.data.slice(0, at) + text + this.data.slice(at + count)
  }
}

/** An element. Attributes keep the order in which they were set first. */
export class MiniElement extends MiniNode {
  readonly nodeType = 1
  readonly localName: string
  readonly attributes: Map<string, string> = new Map()
  firstChild: MiniNode | null = null
  lastChild: MiniNode | null = null
  /** HTML of the application's own, which stands for the children. */
  trustedHtml: string | null = null

  constructor(document: MiniDocument, name: string) {
    super(document)
    this.localName = name
  }

  get childNodes(): MiniNode[] {
    const nodes: MiniNode[] = []
    for (let node = this.firstChild; node !== null; node = node.nextSibling) nodes.push(node)
    return nodes
  }

  get firstElementChild(): MiniElement | null {
    return elementFrom(this.firstChild, (node) => node.nextSibling)
  }

  get lastElementChild(): MiniElement | null {
    return elementFrom(this.lastChild, (node) => node.previousSibling)
  }

  get nextElementSibling(): MiniElement | null {
    return elementFrom(this.nextSibling, (node) => node.nextSibling)
  }

  get childElementCount(): number {
    return this.childNodes.filter((node) => node.nodeType === 1).length
  }

  insertBefore<T extends MiniNode>(node: T, before: MiniNode | null): T {
    node.remove()
    const previous = before === null ? this.lastChild : before.previousSibling
    node.parentNode = this
    node.previousSibling = previous
    node.nextSibling = before
    if (previous === null) this.firstChild = node
    else previous.nextSibling = node
    if (before === null) this.lastChild = node
    else before.previousSibling = node
    return node
  }

  appendChild<T extends MiniNode>(node: T): T {
    return this.insertBefore(node, null)
  }

  append(...nodes: (MiniNode | string)[]): void {
    for (const node of nodes)
      this.appendChild(typeof node === 'string' ? this.ownerDocument.createTextNode(node) : node)
  }

  replaceChildren(...nodes: (MiniNode | string)[]): void {
    while (this.lastChild !== null) this.lastChild.remove()
    this.append(...nodes)
  }

  contains(node: MiniNode | null): boolean {
    while (node !== null && node !== this) node = node.parentNode
    return node === this
  }

  get textContent(): string {
    return this.childNodes.map((node) => node.textContent).join('')
  }

  set textContent(text: string) {
    this.replaceChildren(...(text === '' ? [] : [text]))
  }

  getAttribute(name: string): string | null {
    return this.attributes.get(name) ?? null
  }

  setAttribute(name: string, value: string): void {
    this.attributes.set(name, value)
  }

  removeAttribute(name: string): void {
    this.attributes.delete(name)
  }

  hasAttribute(name: string): boolean {
    return this.attributes.has(name)
  }

  toggleAttribute(name: string, isPresent: boolean): void {
    if (isPresent) this.attributes.set(name, '')
    else this.attributes.delete(name)
  }
}

/** Makes nodes. */
export class MiniDocument {
  readonly defaultView = null

  createElement(name: string): MiniElement {
    return new MiniElement(this, name)
  }

  createTextNode(data: string): MiniText {
    return new MiniText(this, data)
  }
}

function elementFrom(node: MiniNode | null, step: (node: MiniNode) => MiniNode | null): MiniElement | null {
  while (node !== null && node.nodeType !== 1) node = step(node)
  return node as MiniElement | null
}

// Properties that stand for an attribute (HTML §2.6.1).
const REFLECTED = {
  id: 'id',
  className: 'class',
  dir: 'dir',
  type: 'type',
  href: 'href',
  ariaLabel: 'aria-label',
}
for (const [property, attribute] of Object.entries(REFLECTED)) {
  Object.defineProperty(MiniElement.prototype, property, {
    get(this: MiniElement) {
      return this.getAttribute(attribute) ?? ''
    },
    set(this: MiniElement, value: string) {
      this.setAttribute(attribute, value)
    },
  })
}
for (const attribute of ['disabled', 'checked', 'open', 'hidden']) {
  Object.defineProperty(MiniElement.prototype, attribute, {
    get(this: MiniElement) {
      return this.hasAttribute(attribute)
    },
    set(this: MiniElement, value: boolean) {
      this.toggleAttribute(attribute, value)
    },
  })
}
