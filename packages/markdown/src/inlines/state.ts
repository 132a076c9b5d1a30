import type { Definition } from '../blocks/references.ts'
import type { MathSyntax } from '../math/syntax.ts'
import type { Delimiter, DelimiterStack } from './delimiters.ts'
import type { Inline } from './node.ts'

/** The options and labels that all inlines of a document share. */
export interface InlineContext {
  /** The definition of a normalized label. A leaf that gets none is parsed again when there is one. */
  lookUp(label: string): Definition | undefined
  /** Whether there is a footnote of a normalized label, asked in the same way; `null` if there can be none. */
  readonly hasFootnote: ((label: string) => boolean) | null
  readonly cjk: boolean
  readonly gfm: boolean
  /** Whether one tilde strikes through, like two. */
  readonly singleTilde: boolean
  /** Whether `[1]` and `【1†source】` are citations. */
  readonly citations: boolean
  /** Whether comments are left out. */
  readonly hidesComments: boolean
  /** Formulas, if they are read. */
  readonly math: MathSyntax | null
}

/** An opening bracket that may begin a link or an image. */
export interface Bracket {
  readonly node: Inline
  readonly previous: Bracket | null
  readonly delimiter: Delimiter | null
  /** Behind the bracket, in the text. */
  readonly start: number
  readonly image: boolean
  /** Links do not nest, so an opener before a link is none. */
  active: boolean
  followed: boolean
}

/** The inline parser as the parts see it that are apart from it. */
export interface InlineState {
  readonly text: string
  readonly context: InlineContext
  /** Whether more text may follow. */
  readonly growing: boolean
  readonly delimiters: DelimiterStack
  /** The newest bracket that is open. */
  bracket: Bracket | null
  /** Where the parser is in the text. */
  pos: number
  /** Something before `pos` could read otherwise if the text went on. */
  unsettled: boolean
  addText(text: string): Inline
  addCitation(id: string, text: string): void
  /** Adds a footnote's number. */
  addCall(label: string): void
}
