/**
 * A text that grows. Only what is new is handed to the browser; setting the whole text for each token would cost
 * the square of the answer's length, and undo the reader's selection.
 */
export class AnswerText {
  readonly #node = document.createTextNode('')
  #shown = ''

  constructor(parent: HTMLElement) {
    parent.append(this.#node)
  }

  show(text: string): void {
    if (text === this.#shown) return
    if (text.startsWith(this.#shown)) this.#node.appendData(text.slice(this.#shown.length))
    else this.#node.data = text
    this.#shown = text
  }
}
