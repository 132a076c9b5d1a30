/** The kind of an inline. A closed code block's `code` and an inline's are the same element, hence one name. */
export type InlineKind =
  | 'root'
  | 'text'
  | 'emphasis'
  | 'strong'
  | 'strike'
  | 'link'
  | 'image'
  | 'code'
  | 'html'
  | 'softbreak'
  | 'break'
  | 'footnote'
  | 'citation'
  | 'math'

/** A node of a leaf's inline tree. Siblings are linked, because emphasis moves runs of them into a new parent. */
export class Inline {
  readonly kind: InlineKind
  text: string
  /** A link's or image's address; a footnote's label; a citation's id; the source of a formula. */
  url = ''
  title = ''
  /** A link whose destination, or a formula whose end, is not there yet. */
  pending = false
  /** A formula that has a line of its own. */
  display = false
  parent: Inline | null = null
  first: Inline | null = null
  last: Inline | null = null
  previous: Inline | null = null
  next: Inline | null = null

  constructor(kind: InlineKind, text = '') {
    this.kind = kind
    this.text = text
  }

  append(child: Inline): void {
    child.unlink()
    child.parent = this
    child.previous = this.last
    if (this.last === null) this.first = child
    else this.last.next = child
    this.last = child
  }

  insertAfter(sibling: Inline): void {
    sibling.unlink()
    sibling.parent = this.parent
    sibling.previous = this
    sibling.next = this.next
    if (this.next !== null) this.next.previous = sibling
    else if (this.parent !== null) this.parent.last = sibling
    this.next = sibling
  }

  unlink(): void {
    if (this.previous !== null) this.previous.next = this.next
    else if (this.parent !== null) this.parent.first = this.next
    if (this.next !== null) this.next.previous = this.previous
    else if (this.parent !== null) this.parent.last = this.previous
    this.parent = this.previous = this.next = null
  }

  /** Moves what follows `this`, up to `end`, into `parent`. */
  moveFollowing(end: Inline | null, parent: Inline): void {
    for (let node = this.next; node !== null && node !== end; ) {
      const { next } = node
      parent.append(node)
      node = next
    }
  }
}
