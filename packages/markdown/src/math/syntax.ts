import type { Block } from '../blocks/block.ts'
import type { Cursor } from '../blocks/cursor.ts'
import type { BlockParser } from '../blocks/parser.ts'

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
export interface MathSyntax {
  /** Begins the block of math that a line begins, if it does. */
  start(parser: BlockParser): 'leaf' | null
  /** Whether a block of math goes on in a line, which may be its last. */
  goOn(block: Block, cursor: Cursor): 'continues' | 'fails' | 'closes'
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
