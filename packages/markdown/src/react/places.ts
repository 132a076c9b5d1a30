import type { ComponentType, ReactNode } from 'react'
import type {
  CodeBlockState,
  ElementState,
  LinkState,
  OverridableTag,
  Override,
  OverrideOptions,
} from '../render/overrides.ts'

/** The props of a code block's component. */
export interface CodeBlockProps extends CodeBlockState {
  /** The growing code, as the view shows it. It may be left out, or shown again later. */
  readonly children: ReactNode
}

/** The props of a link's component. */
export interface LinkProps extends LinkState {
  /** The link's text. */
  readonly children: ReactNode
}

/** The props of another element's component. */
export interface ElementProps {
  /** The element, as the view shows it and goes on writing into it. It may be left out, or shown again later. */
  readonly children: ReactNode
  /** An image's. */
  readonly src?: string
  readonly alt?: string
  readonly title?: string
}

/** Components that stand for elements of the view. */
export type StreamingMarkdownComponents = {
  /** Code blocks. `pre` is another name for it. */
  readonly codeBlock?: ComponentType<CodeBlockProps>
  readonly pre?: ComponentType<CodeBlockProps>
  /** Links. `a` is another name for it. */
  readonly link?: ComponentType<LinkProps>
  readonly a?: ComponentType<LinkProps>
} & { readonly [Tag in OverridableTag]?: ComponentType<ElementProps> }

const TAGS: readonly OverridableTag[] = [
  ...(['blockquote', 'code', 'del', 'em', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6'] as const),
  ...(['hr', 'img', 'ol', 'p', 'strong', 'table', 'ul'] as const),
]
const INLINE = /^(?:link|code|del|em|img|strong)$/

/** A place in the document that a component fills. */
export interface Place {
  readonly key: number
  readonly kind: 'codeBlock' | 'link' | OverridableTag
  /** The element that React renders into; the view puts it in its place. */
  readonly element: HTMLElement
  /** The view's, to be put into the component. */
  readonly content: HTMLElement
  readonly slot: 'div' | 'span'
  /** The props of the component. */
  readonly props: object
}

/** The places that components fill, as the view makes and removes them. */
export class Places {
  readonly #places = new Map<number, Place>()
  #current: readonly Place[] = []
  #isStale = false
  readonly #listeners = new Set<() => void>()
  #lastKey = 0

  readonly current = (): readonly Place[] => {
    if (this.#isStale) this.#current = [...this.#places.values()]
    this.#isStale = false
    return this.#current
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The overrides that make the places of these components. */
  overridesFor(components: StreamingMarkdownComponents = {}): OverrideOptions {
    const { codeBlock, link, pre, a } = components
    const elements: Record<string, (content: HTMLElement) => Override<ElementState>> = {}
    for (const tag of TAGS) {
      if (components[tag] !== undefined)
        elements[tag] = (content) => this.#open<ElementState>(content, tag, (state) => state.attributes)
    }
    return {
      elements,
      ...((codeBlock ?? pre) !== undefined && {
        codeBlock: (content) => this.#open<CodeBlockState>(content, 'codeBlock', (state) => state),
      }),
      ...((link ?? a) !== undefined && {
        link: (content) => this.#open<LinkState>(content, 'link', (state) => state),
      }),
    }
  }

  /** Forgets what is no longer in the container, until the function that it returns is called. */
  watch(container: Element): () => void {
    const view = container.ownerDocument.defaultView as (Window & typeof globalThis) | null
    const observer = new view!.MutationObserver((records) => {
      if (!records.some(({ removedNodes }) => removedNodes.length > 0)) return
      const { size } = this.#places
      for (const [key, { element }] of this.#places)
        if (!container.contains(element)) this.#places.delete(key)
      if (this.#places.size < size) this.#tell()
    })
    observer.observe(container, { childList: true, subtree: true })
    return () => {
      observer.disconnect()
      this.#places.clear()
      this.#tell()
    }
  }

  #open<State>(
    content: HTMLElement,
    kind: Place['kind'],
    toProps: (state: State) => object,
  ): Override<State> {
    const slot = INLINE.test(kind) ? 'span' : 'div'
    const element = content.ownerDocument.createElement(slot)
    // Shown until the component takes it, which is usually before the browser paints.
    element.append(content)
    const key = ++this.#lastKey
    return {
      element,
      update: (state) => {
        this.#places.set(key, { key, kind, element, content, slot, props: toProps(state) })
        this.#tell()
      },
    }
  }

  #tell(): void {
    this.#isStale = true
    for (const listener of this.#listeners) listener()
  }
}
