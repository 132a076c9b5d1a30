/** How long a text node grows before the next begins: appending to a long one copies it. */
const LONG_TEXT = 4096

/** Shows a growing text as it is. Line ends show if the element's `white-space` keeps them. */
export class PlainText {
  readonly ready: Promise<void> | null = null
  readonly #element: Element
  #pending = ''

  constructor(element: Element) {
    this.#element = element
  }

  add(text: string): void {
    this.#pending += text
  }

  show(): void {
    if (this.#pending === '') return
    const last = this.#element.lastChild
    if (last?.nodeType === 3 && (last as Text).length < LONG_TEXT) (last as Text).appendData(this.#pending)
    else this.#element.appendChild(this.#element.ownerDocument.createTextNode(this.#pending))
    this.#pending = ''
  }

  finish(): void {
    this.show()
  }
}
