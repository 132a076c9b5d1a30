import type { OnError } from './render/errors.ts'
import type { FootnoteTexts } from './render/footnotes.ts'
import type { Highlight } from './render/highlight.ts'
import type { OverrideOptions } from './render/overrides.ts'

/** What the boxes of a task list are called. */
export interface TaskLabels {
  readonly done: string
  readonly open: string
}

/** What the view shows of what a model writes. Everything that could load or run something is off. */
export interface RenderOptions {
  /**
   * Whether a link may lead to this address, beside `linkSchemes`, which must agree. It gets the very string that
   * becomes the `href`. A refused link keeps its text, without an address.
   * @default every address that `linkSchemes` allows
   */
  readonly allowLink?: (url: string) => boolean
  /**
   * Schemes that links may have. An address without a scheme is relative, and allowed. An address with a user name
   * (`https://user@host`) never is.
   * @default ['http', 'https', 'mailto', 'tel']
   */
  readonly linkSchemes?: readonly string[]
  /**
   * The `target` of links, for instance `'_blank'`.
   * @default none
   */
  readonly linkTarget?: string
  /**
   * The address that an image is loaded from (of your proxy, for instance), or `null` for its description instead. A
   * list allows the images of these origins. No image is loaded by default, because its address can carry a
   * conversation to a stranger.
   * @default none
   */
  readonly images?: readonly string[] | ((url: string) => string | null)
  /**
   * Tags that raw HTML may use, without attributes; anything else is shown as text. `true` stands for
   * b, br, del, em, i, ins, kbd, mark, s, small, strong, sub, sup, u, wbr.
   * @default none
   */
  readonly html?: boolean | readonly string[]
  /**
   * GFM's tables, strikethrough, task lists and bare addresses.
   * @default true
   */
  readonly gfm?: boolean
  /**
   * GFM's footnotes, with their own words or (`true`) in English: { heading: 'Footnotes', back: 'Back to reference' }.
   * @default false
   */
  readonly footnotes?: boolean | FootnoteTexts
  /**
   * What a screen reader says of a task's box, beside its state.
   * @default { done: 'Completed task', open: 'Incomplete task' }
   */
  readonly taskLabels?: TaskLabels
  /**
   * Emphasis next to Chinese, Japanese and Korean text, which CommonMark's rules refuse: a deviation.
   * @default true
   */
  readonly cjk?: boolean
  /**
   * How many levels headings are lowered, at most to `h6`.
   * @default 0
   */
  readonly headingOffset?: number
  /**
   * Colours a closed code block when it comes near the viewport.
   * @default none
   */
  readonly highlight?: Highlight
  /**
   * A button that copies a closed code block: its text, or its text before and after.
   * @default none
   */
  readonly copyButton?: { readonly label: string; readonly copiedLabel: string }
  /**
   * Shows code blocks and links in the application's own way.
   * @default none
   */
  readonly overrides?: OverrideOptions
  /**
   * Receives what another option throws: once for each option. That option then counts as a refusal (`allowLink`,
   * `images`) or leaves the default rendering (`overrides`, `highlight`), and the text goes on.
   * @default reports the error to the page (`reportError`)
   */
  readonly onError?: OnError
  /**
   * Lets the browser skip closed blocks that are out of sight (`content-visibility`), in their measured size.
   * @default false
   */
  readonly skipOffscreen?: boolean
}

/** How `createMarkdownView` renders, and when. */
export interface MarkdownViewOptions extends RenderOptions {
  /**
   * `'text'` shows the text as it is.
   * @default 'markdown'
   */
  readonly mode?: 'markdown' | 'text'
  /**
   * Updates a second, at most.
   * @default 60
   */
  readonly maxFps?: number
  /**
   * How long an update may take, in ms, before it goes on in the next frame.
   * @default 8
   */
  readonly budgetMs?: number
  /**
   * Characters a second; when far behind, it catches up. Off when the user prefers reduced motion.
   * @default none: text is shown as it comes
   */
  readonly typewriter?: number
  /**
   * What a screen reader hears when an answer begins and when it is complete; `false` for silence.
   * @default { writing: 'The answer is being written.', complete: 'The answer is complete.' }
   */
  readonly status?: false | { readonly writing: string; readonly complete: string }
}
