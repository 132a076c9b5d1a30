import type { BlockMath } from '../blocks/syntax.ts'

/** A formula inside a text. */
export interface InlineFormula {
  /** The source between its markers. */
  readonly source: string
  readonly display: boolean
  /** Behind its closing marker, in the text. */
  readonly end: number
  /** Whether its closing marker is not there yet. */
  readonly isOpen: boolean
}

/** How formulas are read and shown. `math()` of `@sluice/markdown/math` makes one. */
export interface MathSyntax extends BlockMath {
  /** Reads the formulas of one text, in order. */
  inlines(text: string, growing: boolean): (at: number) => InlineFormula | null
  /**
   * Shows a formula in an element: its text as it was written, until there is something better.
   *
   * @param written - the formula with its markers
   * @param source - the formula without them, or `null` while it is not complete
   */
  show(element: HTMLElement, written: string, source: string | null, display: boolean): void
}
