import { find } from './find.ts'

/** How near to the end is at the end, in CSS pixels. */
const NEAR = 32

/** Keeps the end of a growing text in view, for those who were at the end, and leaves all others where they are. */
export class EndKeeper {
  readonly #scroller = find('#scroller')
  readonly #button = find('#to-end')
  #isAtEnd = true
  #top = 0

  constructor() {
    // What scrolls has to be reachable by keys.
    this.#scroller.tabIndex = 0
    this.#scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true })
    this.#button.addEventListener('click', () => this.goToEnd())
  }

  /** To be called after the text, or the room for it, has changed. */
  keep(): void {
    if (this.#isAtEnd) this.#scroller.scrollTop = this.#scroller.scrollHeight
    this.#button.hidden = this.#isAtEnd
  }

  goToEnd(): void {
    this.#isAtEnd = true
    this.keep()
  }

  #scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller
    const left = scrollHeight - scrollTop - clientHeight
    // Whoever scrolls up by a little means to leave, although the end is still near. A text that became shorter
    // moves the page up too, but to its very end.
    const isLeaving = scrollTop < this.#top && left > 1
    if (isLeaving) this.#isAtEnd = false
    else if (left <= NEAR) this.#isAtEnd = true
    this.#top = scrollTop
    this.#button.hidden = this.#isAtEnd
  }
}
