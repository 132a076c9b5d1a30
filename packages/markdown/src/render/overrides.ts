import type { Errors } from './errors.ts'

/** The state of a code block. */
export interface CodeBlockState {
  /** The first word of the info string, or an empty string. */
  readonly language: string
  /** The whole text once the block is closed, `null` while it grows. */
  readonly code: string | null
}

/** The state of a link. */
export interface LinkState {
  /** Its address; `null` while that is not known, and if it is not allowed. */
  readonly href: string | null
  readonly title: string | null
}

/** The application's place for one code block or one link. */
export interface Override<State> {
  /** Takes the place of the block or the link. The view moves and removes it, and never looks inside. */
  readonly element: HTMLElement
  /** Called when it begins, and when what is known of it changes. */
  update(state: State): void
}

/** The state of another element. */
export interface ElementState {
  /** Its attributes: `src`, `alt` and `title` of an image; none of other elements. */
  readonly attributes: Readonly<Record<string, string>>
}

/** Elements that the application can show in its own way, beside code blocks and links. */
export type OverridableTag =
  | 'blockquote'
  | 'code'
  | 'del'
  | 'em'
  | 'h1'
  | 'h2'
  | 'h3'
  | 'h4'
  | 'h5'
  | 'h6'
  | 'hr'
  | 'img'
  | 'ol'
  | 'p'
  | 'strong'
  | 'table'
  | 'ul'

/**
 * Lets the application show code blocks and links in its own way, for instance by a framework's components. Each
 * function gets the element that the view goes on writing into (a `pre`, or the link's text in a `span`), and may
 * put it anywhere in its own, or nowhere.
 */
export interface OverrideOptions {
  readonly codeBlock?: (content: HTMLElement) => Override<CodeBlockState>
  readonly link?: (content: HTMLElement) => Override<LinkState>
  /** Other elements, by their names; `code` is code inside a text. */
  readonly elements?: Readonly<
    Partial<Record<OverridableTag, (content: HTMLElement) => Override<ElementState>>>
  >
}

type State = CodeBlockState & LinkState & ElementState

/** Knows which elements are the application's, and tells it what changes. */
export class Overrides {
  readonly #makers: ReadonlyMap<string, (content: HTMLElement) => Override<State>>
  readonly #errors: Errors
  readonly #contents = new WeakMap<Element, Element>()
  readonly #updates = new WeakMap<Element, (state: State) => void>()
  readonly #known = new WeakMap<Element, string>()

  constructor({ codeBlock, link, elements }: OverrideOptions = {}, errors: Errors) {
    const makers = Object.entries({ ...elements, codeBlock, link })
    this.#makers = new Map(
      makers.filter((entry): entry is [string, NonNullable<(typeof entry)[1]>] => !!entry[1]),
    )
    this.#errors = errors
  }

  has(kind: string): boolean {
    return this.#makers.has(kind)
  }

  /** The element to show for this content: the application's, or itself. */
  place(kind: string, content: HTMLElement): HTMLElement {
    const make = this.#makers.get(kind)
    if (make === undefined) return content
    const override = this.#errors.guard(`overrides.${kind}`, () => make(content), undefined)
    if (override === undefined) return content
    this.#contents.set(override.element, content)
    this.#updates.set(content, (state) =>
      this.#errors.guard(`overrides.${kind}`, () => override.update(state), undefined),
    )
    return override.element
  }

  /** The view's own element in one of the application's; of any other element, itself. */
  contentOf(element: Element): Element {
    return this.#contents.get(element) ?? element
  }

  /** Tells what is known of a content, if that is new. */
  update(content: Element, state: Partial<State>): void {
    const update = this.#updates.get(content)
    if (update === undefined) return
    const known = JSON.stringify(state)
    if (this.#known.get(content) === known) return
    this.#known.set(content, known)
    update(state as State)
  }
}
