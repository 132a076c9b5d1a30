/** A polite status beside the text: the text itself is no live region, which would be read out piece by piece. */
export class Status {
  readonly #element: HTMLElement

  constructor(after: Element) {
    this.#element = after.ownerDocument.createElement('div')
    this.#element.setAttribute('role', 'status')
    this.#element.setAttribute('data-markdown-status', '')
    // Styles set by script are allowed under any CSP, and the status is invisible without the style sheet too.
    this.#element.style.cssText =
      'position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap'
    after.after(this.#element)
  }

  show(text: string): void {
    if (this.#element.textContent !== text) this.#element.textContent = text
  }

  remove(): void {
    this.#element.remove()
  }
}
