import { TextFollower } from '../follow.ts'
import type { MarkdownViewOptions } from '../options.ts'
import { createMarkdownView, type MarkdownView } from '../view.ts'

/**
 * The custom element `<sluice-markdown>`. Its `text` is the whole text so far, or pieces come by `append`. It renders
 * into the page (no shadow root), so that the page's style sheets reach it.
 */
export interface SluiceMarkdownElement extends HTMLElement {
  /** The whole text so far. When it is no continuation of the last one, the view begins anew. */
  text: string
  /** Whether the text is complete; also the attribute `complete`. */
  complete: boolean
  /** Read when the element is connected. */
  options: MarkdownViewOptions
  /** Adds a piece of text. */
  append(...pieces: (string | Node)[]): void
}

/**
 * Defines `<sluice-markdown>`, once. Text that is in the element when it is connected is its first text.
 *
 * @param name - another name for it
 */
export function defineSluiceMarkdown(name = 'sluice-markdown'): void {
  if (customElements.get(name) !== undefined) return
  customElements.define(
    name,
    class extends HTMLElement implements SluiceMarkdownElement {
      static readonly observedAttributes: readonly string[] = ['complete']
      options: MarkdownViewOptions = {}
      #text = ''
      #view: MarkdownView | null = null
      #follower: TextFollower | null = null

      get text(): string {
        return this.#text
      }

      set text(text: string) {
        this.#text = text
        this.#follow()
      }

      get complete(): boolean {
        return this.hasAttribute('complete')
      }

      set complete(isComplete: boolean) {
        this.toggleAttribute('complete', isComplete)
      }

      override append(...pieces: (string | Node)[]): void {
        this.text += pieces.map((piece) => (typeof piece === 'string' ? piece : piece.textContent)).join('')
      }

      connectedCallback(): void {
        if (this.#text === '') this.#text = this.textContent ?? ''
        this.textContent = ''
        const container = this.appendChild(this.ownerDocument.createElement('div'))
        this.#view = createMarkdownView(container, this.options)
        this.#follower = new TextFollower(this.#view)
        this.#follow()
      }

      disconnectedCallback(): void {
        this.#view?.destroy()
        this.#view = this.#follower = null
        this.textContent = ''
      }

      attributeChangedCallback(): void {
        this.#follow()
      }

      #follow(): void {
        void this.#follower?.follow(this.#text, this.complete)
      }
    },
  )
}
