import type { ComponentType, ReactNode } from 'react'
import type { CodeBlockState, LinkState, Override, OverrideOptions } from '../render/overrides.ts'

/** What a code block's component gets. */
export interface CodeBlockProps extends CodeBlockState {
  /** The growing code, as the view shows it. It may be left out, or shown again later. */
  readonly children: ReactNode
}

/** What a link's component gets. */
export interface LinkProps extends LinkState {
  /** The link's text. */
  readonly children: ReactNode
}

/** Components that stand for elements of the view. */
export interface StreamingMarkdownComponents {
  readonly codeBlock?: ComponentType<CodeBlockProps>
  readonly link?: ComponentType<LinkProps>
}

/** A place in the document that a component fills. */
export type Place = {
  readonly key: number
  /** React's, where the view wants it. */
  readonly element: HTMLElement
  /** The view's, to be put into the component. */
  readonly content: HTMLElement
} & (
  | { readonly kind: 'codeBlock'; readonly state: CodeBlockState }
  | { readonly kind: 'link'; readonly state: LinkState }
)

/** The places that components fill, as the view makes and removes them. */
export class Places {
  #places: readonly Place[] = []
  readonly #listeners = new Set<() => void>()
  #lastKey = 0

  readonly current = (): readonly Place[] => this.#places

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** What the view asks for these components. */
  overridesFor(components: StreamingMarkdownComponents = {}): OverrideOptions {
    const { codeBlock, link } = components
    return {
      ...(codeBlock !== undefined && {
        codeBlock: (content) =>
          this.#open(content, 'div', (base, state: CodeBlockState) => ({
            ...base,
            kind: 'codeBlock',
            state,
          })),
      }),
      ...(link !== undefined && {
        link: (content) =>
          this.#open(content, 'span', (base, state: LinkState) => ({ ...base, kind: 'link', state })),
      }),
    }
  }

  /** Forgets what is no longer in the container, until the function that it returns is called. */
  watch(container: Element): () => void {
    const view = container.ownerDocument.defaultView as (Window & typeof globalThis) | null
    const observer = new view!.MutationObserver(() => {
      const left = this.#places.filter(({ element }) => container.contains(element))
      if (left.length < this.#places.length) this.#set(left)
    })
    observer.observe(container, { childList: true, subtree: true })
    return () => {
      observer.disconnect()
      this.#set([])
    }
  }

  #open<State>(
    content: HTMLElement,
    tag: 'div' | 'span',
    toPlace: (base: Pick<Place, 'key' | 'element' | 'content'>, state: State) => Place,
  ): Override<State> {
    const element = content.ownerDocument.createElement(tag)
    // Until the component is there, and where it does without: before the browser paints, usually.
    element.append(content)
    const key = ++this.#lastKey
    return {
      element,
      update: (state) => {
        const place = toPlace({ key, element, content }, state)
        const others = this.#places.filter((other) => other.key !== key)
        this.#set([...others, place])
      },
    }
  }

  #set(places: readonly Place[]): void {
    this.#places = places
    for (const listener of this.#listeners) listener()
  }
}
