import type { Align, Block, BlockKind } from './block.ts'
import type { Cursor } from './cursor.ts'
import type { Footnotes } from './footnotes.ts'

/** How blocks of math are read. */
export interface BlockMath {
  /** Begins the block of math that a line begins, if it does. */
  start(parser: LineParser): 'leaf' | null
  /** Whether a block of math goes on in a line, which may be its last. */
  goOn(block: Block, cursor: Cursor): 'continues' | 'fails' | 'closes'
}

/** Beyond CommonMark: what is read, and how. */
export interface BlockSyntax {
  /** GFM's tables. */
  readonly tables: boolean
  /** GFM's footnotes. */
  readonly footnotes: boolean
  /** `<think>` begins a block. */
  readonly thinks: boolean
  /** Whether a raw tag may be used; its name is in lower case. */
  allowsTag(name: string): boolean
  /** Formulas, if they are read. */
  readonly math: BlockMath | null
}

/** The block parser as the beginning of a block sees it: the line, the open blocks, and how a block is added. */
export interface LineParser {
  readonly cursor: Cursor
  readonly syntax: BlockSyntax
  /** The footnotes, if GFM's footnotes are parsed. */
  readonly footnotes: Footnotes | null
  /** The innermost open block. */
  readonly tip: Block
  /** The line may be a lazy continuation of an open paragraph (§5.1). */
  readonly maybeLazy: boolean
  addBlock(kind: BlockKind): Block
  /** Adds a block that is complete, with its text. */
  addClosed(kind: BlockKind, text: string): void
  addFootnote(label: string): void
  closeUnmatched(): void
  /** Makes a paragraph's last line a table's header; lines before it stay a paragraph. */
  becomeTable(paragraph: Block, header: string[], align: Align[]): void
  /** Takes the link reference definitions from the beginning of a paragraph (§4.7). */
  takeDefinitions(paragraph: Block): void
  /** Tells that a block has changed. */
  touch(block: Block): void
}
