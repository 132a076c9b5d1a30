import type { Block, BlockKind } from './block.ts'

/** The open blocks as they were, to go back to after the unfinished line was tried out. */
export interface Snapshot {
  readonly tip: Block
  readonly line: number
  readonly saved: readonly SavedBlock[]
  /** The blocks that may be taken back: the saved ones, and those that were begun since. */
  readonly uncertain: Set<Block>
}

// Field by field: copying whole objects by name is many times slower, and this happens for each token.
interface SavedBlock {
  readonly block: Block
  readonly kind: BlockKind
  readonly endLine: number
  readonly full: string
  tail: string
  readonly lineStart: number
  readonly lastLine: string
  readonly hasPipe: boolean
  readonly first: string
  readonly filled: number
  readonly level: number
  readonly loose: boolean
  readonly blanks: string
  readonly align: Block['align']
  readonly children: number
  readonly rows: number
}

/** Costs as much as blocks are open, whatever they hold: texts are shared, arrays only remembered by length. */
export function takeSnapshot(tip: Block, line: number): Snapshot {
  const saved: SavedBlock[] = []
  const uncertain = new Set<Block>()
  for (let block: Block | null = tip; block !== null; block = block.parent) {
    const {
      kind,
      endLine,
      full,
      tail,
      lineStart,
      lastLine,
      hasPipe,
      first,
      filled,
      level,
      loose,
      blanks,
      align,
    } = block
    const children = block.children.length
    const rows = block.rows.length
    saved.push({
      block,
      kind,
      endLine,
      full,
      tail,
      lineStart,
      lastLine,
      hasPipe,
      first,
      filled,
      level,
      loose,
      blanks,
      align,
      children,
      rows,
    })
    uncertain.add(block)
  }
  return { tip, line, saved, uncertain }
}

/** Puts the blocks back, and tells for each which children came after the snapshot. */
export function restoreSnapshot(snapshot: Snapshot, dropped: (parent: Block, blocks: Block[]) => void): void {
  for (const saved of snapshot.saved) {
    const { block } = saved
    block.open = true
    block.kind = saved.kind
    block.endLine = saved.endLine
    block.full = saved.full
    block.tail = saved.tail
    block.lineStart = saved.lineStart
    block.lastLine = saved.lastLine
    block.hasPipe = saved.hasPipe
    block.first = saved.first
    block.filled = saved.filled
    block.level = saved.level
    block.loose = saved.loose
    block.blanks = saved.blanks
    block.align = saved.align
    if (block.children.length > saved.children) dropped(block, block.children.splice(saved.children))
    if (block.rows.length > saved.rows) block.rows.length = saved.rows
  }
}
