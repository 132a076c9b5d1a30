/** Measures closed blocks when the browser has done layout anyway: which it may skip, and which scroll sideways. */
export class Sizes {
  readonly #view: Window & typeof globalThis
  #observer: ResizeObserver | null = null
  readonly #skippable = new Set<Element>()
  readonly #scrollers = new Set<Element>()

  constructor(view: Window & typeof globalThis) {
    this.#view = view
  }

  // A block that has never been in sight has no size that the browser could remember, so it is measured first. Being
  // contained from now on, it has the same size when it is shown.
  /** Lets the browser skip a block that is out of sight. */
  skipWhenFar(element: HTMLElement): void {
    element.style.contain = 'content'
    this.#measure(element, this.#skippable)
  }

  /** Gives what scrolls sideways a place in the order of focus, as soon as it does: not every browser does. */
  reachWhenWide(element: HTMLElement): void {
    this.#measure(element, this.#scrollers)
  }

  reset(): void {
    this.#observer?.disconnect()
    this.#observer = null
    this.#skippable.clear()
    this.#scrollers.clear()
  }

  #measure(element: HTMLElement, wanted: Set<Element>): void {
    // Outside browsers there is no layout.
    if (this.#view.ResizeObserver === undefined) return
    wanted.add(element)
    this.#observer ??= new this.#view.ResizeObserver((entries) => this.#measured(entries))
    // Anew, so that what is observed already is measured once more.
    this.#observer.unobserve(element)
    this.#observer.observe(element)
  }

  #measured(entries: readonly ResizeObserverEntry[]): void {
    // First, because the width of skipped content is not known.
    for (const { target } of entries) {
      if (!this.#scrollers.has(target) || !this.#scrolls(target)) continue
      this.#scrollers.delete(target)
      ;(target as HTMLElement).tabIndex = 0
    }
    for (const { target, contentRect } of entries) {
      if (this.#skippable.delete(target)) {
        const { style } = target as HTMLElement
        style.setProperty('contain-intrinsic-height', `auto ${contentRect.height}px`)
        style.setProperty('content-visibility', 'auto')
      }
      if (!this.#scrollers.has(target)) this.#observer?.unobserve(target)
    }
  }

  #scrolls(element: Element): boolean {
    if (element.scrollWidth <= element.clientWidth) return false
    return this.#view.getComputedStyle(element).overflowX !== 'visible'
  }
}
