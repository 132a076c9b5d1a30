import type { ConfirmLink } from './controls/confirm-links.ts'
import type { MathSyntax } from './math/syntax.ts'
import type { OnError } from './render/errors.ts'
import type { FootnoteTexts } from './render/footnotes.ts'
import type { Highlight } from './render/highlight.ts'
import type { OverrideOptions } from './render/overrides.ts'

/** The source of a citation. */
export interface Citation {
  /** The address of the source. `linkSchemes` and `allowLink` must agree. */
  readonly href: string
  /** The title of the source, for a tooltip. */
  readonly title?: string
  /**
   * The text that is shown.
   * @default the text as it was written
   */
  readonly label?: string
}

/** The texts of a table's buttons. */
export interface TableToolTexts {
  readonly copyMarkdown?: string
  readonly copyCsv?: string
  readonly downloadCsv?: string
  /** Instead of the text of a button that has copied. */
  readonly copied: string
}

/** The names of the boxes in a task list. */
export interface TaskLabels {
  readonly done: string
  readonly open: string
}

/** Options for how text is shown. Everything that could load or run something is off by default. */
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
   * Tags that raw HTML may use, without attributes; other tags are shown as text, and comments not at all. `true`
   * stands for b, br, del, details, em, i, ins, kbd, mark, s, small, strong, sub, summary, sup, u, wbr. `false` shows
   * all raw HTML as text, as it was written.
   * @default true
   */
  readonly html?: boolean | readonly string[]
  /**
   * GFM's tables, strikethrough, task lists and bare addresses.
   * @default true
   */
  readonly gfm?: boolean
  /**
   * Whether one tilde strikes through (`~text~`), as in GFM. Models write a tilde for "about": `~$5, ~10 minutes`. Two
   * tildes always do.
   * @default false
   */
  readonly singleTilde?: boolean
  /**
   * How formulas are read and shown: made by `math()` of `@sluice/markdown/math` or `katexMath()` of
   * `@sluice/markdown/katex`. Without it, formulas are text.
   * @default none
   */
  readonly math?: MathSyntax
  /**
   * Shows `<think>…</think>` as a folded block with this label, which models write what they consider in.
   * @default none: the tags are text
   */
  readonly think?: string
  /**
   * Links citations to their sources. It gets the id and the text of `[1]`, of `【1†source】` and of `[^1]` without such
   * a footnote, and gives the address, or `null` for plain text.
   * @default none: citations are text
   */
  readonly citation?: (id: string, text: string) => Citation | null
  /**
   * GFM's footnotes, with their own words or (`true`) in English: { heading: 'Footnotes', back: 'Back to reference' }.
   * @default false
   */
  readonly footnotes?: boolean | FootnoteTexts
  /**
   * The name of a task's box for a screen reader, beside its state.
   * @default { done: 'Completed task', open: 'Incomplete task' }
   */
  readonly taskLabels?: TaskLabels
  /**
   * Emphasis next to Chinese, Japanese and Korean text, which CommonMark's rules refuse, and full-width punctuation
   * as the end of a bare address: deviations.
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
   * A button above a closed code block that copies it: its text before and after.
   * @default none
   */
  readonly copyButton?: { readonly label: string; readonly copiedLabel: string }
  /**
   * Whether a bar above each code block names its language.
   * @default false
   */
  readonly languageLabel?: boolean
  /**
   * Whether code blocks have line numbers. They are no part of what is selected or copied. Not with `wrapCode`, which
   * takes a line number away from its line.
   * @default false
   */
  readonly lineNumbers?: boolean
  /**
   * Whether long lines of code wrap, instead of scrolling sideways.
   * @default false
   */
  readonly wrapCode?: boolean
  /**
   * Buttons above a closed table that copy or download it, by their texts; a text that is missing leaves its button out.
   * @default none
   */
  readonly tableTools?: TableToolTexts
  /**
   * Asks before a link to another origin is followed: `false` stays on the page.
   * @default none: links are followed
   */
  readonly confirmLink?: ConfirmLink
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
   * Whether a caret shows at the end of the text while it grows. It needs the style sheet, and is off when the user
   * prefers reduced motion. The attribute `data-state` of the element is `growing` or `complete` in any case.
   * @default false
   */
  readonly caret?: boolean
  /**
   * Whether the element already shows the text, rendered on a server with the same options: what is there stays until
   * the view's own elements can take its place, in one step.
   * @default false
   */
  readonly hydrate?: boolean
  /**
   * Texts that a screen reader announces when an answer begins and when it is complete; `false` for none.
   * @default { writing: 'The answer is being written.', complete: 'The answer is complete.' }
   */
  readonly status?: false | { readonly writing: string; readonly complete: string }
}
