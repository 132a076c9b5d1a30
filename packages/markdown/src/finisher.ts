import type { Block } from './blocks/block.ts'
import { copyButton } from './copy-button.ts'
import type { RenderOptions } from './options.ts'
import { showTokens } from './render/highlight.ts'
import type { Rendered } from './render/rendered.ts'
import { languageOf } from './render/verbatim-dom.ts'

/** How far out of sight a code block is coloured, and how a skipped block's size is remembered. */
const NEAR = '800px'

/** Does with closed blocks what can wait: colours code that is near, adds copy buttons, lets far blocks be skipped. */
export class Finisher {
  private readonly element: HTMLElement
  private readonly options: RenderOptions
  private observer: IntersectionObserver | null = null
  private readonly codes = new Map<Element, { code: string; language: string; content: Element }>()
  private generation = 0

  constructor(element: HTMLElement, options: RenderOptions) {
    this.element = element
    this.options = options
  }

  closed(block: Block, { element, content }: Rendered): void {
    if (element === null) return
    if (this.options.skipOffscreen && element.parentNode === this.element) skipWhenFar(element)
    if (block.kind !== 'code') return
    if (this.options.copyButton !== undefined) {
      element.append(
        copyButton(element.ownerDocument, this.options.copyButton, () => content.textContent ?? ''),
      )
    }
    if (this.options.highlight === undefined) return
    this.codes.set(element, { code: block.full, language: languageOf(block), content })
    this.observe(element)
  }

  reset(): void {
    this.generation++
    this.observer?.disconnect()
    this.observer = null
    this.codes.clear()
  }

  destroy(): void {
    this.reset()
  }

  private observe(element: Element): void {
    const view = element.ownerDocument.defaultView as (Window & typeof globalThis) | null
    if (view?.IntersectionObserver === undefined) {
      this.colour(element)
      return
    }
    this.observer ??= new view.IntersectionObserver(
      (entries) => {
        for (const entry of entries) if (entry.isIntersecting) this.colour(entry.target)
      },
      { rootMargin: NEAR },
    )
    this.observer.observe(element)
  }

  // An exception here is the highlighter's: the code stays readable, and the page's error handler hears of it.
  private colour(element: Element): void {
    const found = this.codes.get(element)
    if (found === undefined) return
    this.codes.delete(element)
    this.observer?.unobserve(element)
    const { code, language, content } = found
    const { generation } = this
    const run = async (): Promise<void> => {
      const tokens = await this.options.highlight!(code, language)
      if (tokens !== null && generation === this.generation) showTokens(content, tokens, code)
    }
    run().catch((error: unknown) => reportError(error))
  }
}

function skipWhenFar(element: HTMLElement): void {
  element.style.setProperty('content-visibility', 'auto')
  element.style.setProperty('contain-intrinsic-size', 'auto 2em')
}
