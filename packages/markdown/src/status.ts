/** A polite status beside the text: the text itself is no live region, which would be read out piece by piece. */
export class Status {
  private readonly element: HTMLElement
  private readonly texts: { readonly writing: string; readonly complete: string }

  constructor(after: Element, texts: { readonly writing: string; readonly complete: string }) {
    this.texts = texts
    this.element = after.ownerDocument.createElement('div')
    this.element.setAttribute('role', 'status')
    this.element.setAttribute('data-markdown-status', '')
    // Styles set by script are allowed under any CSP, and the status is invisible without the style sheet too.
    const { style } = this.element
    style.position = 'absolute'
    style.width = style.height = '1px'
    style.overflow = 'hidden'
    style.clipPath = 'inset(50%)'
    style.whiteSpace = 'nowrap'
    after.after(this.element)
  }

  writing(): void {
    this.show(this.texts.writing)
  }

  complete(): void {
    this.show(this.texts.complete)
  }

  clear(): void {
    this.show('')
  }

  remove(): void {
    this.element.remove()
  }

  private show(text: string): void {
    if (this.element.textContent !== text) this.element.textContent = text
  }
}
