import type { MarkdownView } from './view.ts'

/** Brings a view to a text that is given as a whole, again and again, as frameworks do. */
export class TextFollower {
  readonly #view: MarkdownView
  #text = ''
  #isComplete = false

  constructor(view: MarkdownView) {
    this.#view = view
  }

  /** Appends what is new. A text that is no continuation of the last one begins the view anew. */
  follow(text: string, isComplete: boolean): Promise<void> {
    const wasComplete = this.#isComplete
    if (wasComplete && (text !== this.#text || !isComplete)) this.#view.reset(text)
    else if (text.startsWith(this.#text)) {
      if (!wasComplete) this.#view.append(text.slice(this.#text.length))
    } else this.#view.reset(text)
    this.#text = text
    this.#isComplete = isComplete
    return isComplete ? this.#view.complete() : Promise.resolve()
  }
}
