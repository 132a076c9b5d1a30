import type { Block } from './blocks/block.ts'
import { loadPart } from './load-part.ts'
import type { RenderOptions } from './options.ts'
import { frameOf } from './render/attributes.ts'
import type { Errors } from './render/errors.ts'
import type { Rendered } from './render/rendered.ts'
import { showTokens } from './render/tokens.ts'
import { Sizes } from './sizes.ts'

/** How far out of sight a code block is coloured. */
const NEAR = '800px'

interface Code {
  readonly code: string
  readonly language: string
  readonly content: Element
}

/** Does with closed blocks what can wait: colours code that is near, adds copy buttons, has them measured. */
export class Finisher {
  readonly #element: HTMLElement
  readonly #options: RenderOptions
  readonly #view: Window & typeof globalThis
  readonly #wake: () => void
  #near: IntersectionObserver | null = null
  readonly #sizes: Sizes
  readonly #codes = new Map<Element, Code>()
  #due: Code[] = []
  #generation = 0
  readonly #equipped = new WeakSet<Element>()
  #errors: Errors | null = null

  /** @param wake - asks for a frame in which `finishNext` is called */
  constructor(element: HTMLElement, options: RenderOptions, wake: () => void) {
    this.#element = element
    this.#options = options
    this.#view = element.ownerDocument.defaultView as Window & typeof globalThis
    this.#wake = wake
    this.#sizes = new Sizes(this.#view)
  }

  /** Gives keys a way to an element as soon as it scrolls sideways, also while it grows. */
  mayScroll(element: HTMLElement): void {
    this.#sizes.reachWhenWide(element)
  }

  closed(block: Block, { element, content }: Rendered): void {
    if (element === null) return
    const { skipOffscreen, copyButton: button, tableTools, highlight } = this.#options
    if (skipOffscreen && element.parentNode === this.#element) this.#sizes.skipWhenFar(element)
    if (block.kind === 'table') {
      this.#sizes.reachWhenWide(content.parentElement!)
      if (tableTools !== undefined && !this.#equipped.has(element)) {
        this.#equipped.add(element)
        const bar = element.firstElementChild as HTMLElement
        this.#withTools(({ addTableTools }) => addTableTools(bar, content as HTMLElement, tableTools))
      }
    }
    if (block.kind !== 'code') return
    this.#sizes.reachWhenWide(content.parentElement!)
    const bar = frameOf(content).firstElementChild!
    // A block whose language has a rare character reference is closed again when that is known.
    if (button !== undefined && !this.#equipped.has(bar)) {
      this.#equipped.add(bar)
      const text = (): string => content.textContent ?? ''
      this.#withTools(({ copyButton }) => bar.append(copyButton(element.ownerDocument, button, text)))
    }
    if (highlight === undefined) return
    const code = { code: block.full, language: content.className.replace('language-', ''), content }
    // Outside browsers nothing says what is near.
    if (this.#view.IntersectionObserver === undefined) {
      this.#due.push(code)
      this.#wake()
      return
    }
    this.#codes.set(element, code)
    this.#near ??= new this.#view.IntersectionObserver((entries) => this.#colourNear(entries), {
      rootMargin: NEAR,
    })
    this.#near.observe(element)
  }

  /** Forgets the blocks of the text before. */
  reset(errors: Errors): void {
    this.#generation++
    this.#errors = errors
    this.#near?.disconnect()
    this.#near = null
    this.#sizes.reset()
    this.#codes.clear()
    this.#due = []
  }

  // Buttons come a moment later than what they are for: their code is loaded with the first of them.
  #withTools(use: (tools: typeof import('./controls/index.ts')) => void): void {
    const errors = this.#errors!
    const generation = this.#generation
    loadPart(
      () => import('./controls/index.ts'),
      () => this.#generation === generation,
    )
      .then(use)
      .catch((error: unknown) => errors.report('tools', error))
  }

  get hasWork(): boolean {
    return this.#due.length > 0
  }

  /** Colours one code block. */
  finishNext(): void {
    const { code, language, content } = this.#due.shift()!
    const generation = this.#generation
    const errors = this.#errors!
    const run = async (): Promise<void> => {
      const tokens = await this.#options.highlight!(code, language)
      if (tokens !== null && generation === this.#generation) showTokens(content, tokens, code)
    }
    run().catch((error: unknown) => errors.report('highlight', error))
  }

  #colourNear(entries: readonly IntersectionObserverEntry[]): void {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue
      this.#near!.unobserve(target)
      this.#due.push(this.#codes.get(target)!)
      this.#codes.delete(target)
    }
    if (this.hasWork) this.#wake()
  }
}
