/** The kind of a block. The GFM table keeps its cells as text: each is a leaf of one line. */
export type BlockKind =
  | 'document'
  | 'quote'
  | 'list'
  | 'item'
  | 'footnote'
  | 'details'
  | 'summary'
  | 'think'
  | 'math'
  | 'paragraph'
  | 'heading'
  | 'code'
  | 'html'
  | 'break'
  | 'table'

/** The alignment of a table's column. */
export type Align = 'left' | 'right' | 'center' | null

/** A list marker; shared by a list and its items. */
export interface ListMarker {
  readonly ordered: boolean
  /** The bullet, or the delimiter after the number: a change of it begins another list. */
  readonly symbol: string
  readonly start: number
  /** Columns before the marker, and from there to the content. */
  markerOffset: number
  padding: number
}

/**
 * A block of the growing document. It is plain state: the parser changes it, the view reads it, and a snapshot
 * of it is a shallow copy, because strings never change and arrays only grow.
 */
export class Block {
  kind: BlockKind
  parent: Block | null
  readonly children: Block[] = []
  open = true
  /** Taken back, with the line that began it. */
  dropped = false
  /** How many blocks it is in. */
  readonly depth: number
  /** Its place among the children of its parent, which come and go at the end only. */
  readonly index: number
  readonly startLine: number
  endLine: number
  /** A leaf's whole text. Grows by concatenation, so it is a rope until somebody reads it: read it rarely. */
  full = ''
  /** The end of `full` that the view has not yet made final. */
  tail = ''
  /** Where the last line begins in `full`, and the line: to look at it there would copy the whole text. */
  lineStart = 0
  lastLine = ''
  /** Whether the last line has a pipe, so that it may be a table's header. */
  hasPipe = false
  /** The first character of `full`, for the same reason. */
  first = ''
  /** How long `full` was when definitions were looked for at its beginning in vain. */
  searched = 0
  /** A heading's level, an HTML block's kind (CommonMark 0.31.2 §4.6), an indented code block's last line of code. */
  level = 0
  list: ListMarker | null = null
  loose = false
  fence = ''
  fenceOffset = 0
  /** A footnote's, normalized. */
  label = ''
  /** A fence's info string, still with its escapes. */
  info = ''
  /** Blank lines at the end of an indented code block, which belong to it only if more code follows. */
  blanks = ''
  align: readonly Align[] = []
  readonly rows: string[][] = []
  /** Empty cells of a table that its text does not have. */
  filled = 0

  constructor(kind: BlockKind, parent: Block | null, line: number) {
    this.kind = kind
    this.parent = parent
    this.depth = parent === null ? 0 : parent.depth + 1
    this.index = parent === null ? 0 : parent.children.length
    this.startLine = line
    this.endLine = line
  }

  get last(): Block | undefined {
    return this.children[this.children.length - 1]
  }

  /** Appends text, from the start of a line. */
  addLine(text: string): void {
    if (this.full !== '') {
      this.full += '\n'
      this.tail += '\n'
    }
    this.lineStart = this.full.length
    this.lastLine = ''
    this.hasPipe = false
    this.addText(text)
  }

  addText(text: string): void {
    if (this.first === '') this.first = text.charAt(0)
    this.full += text
    this.tail += text
    this.lastLine += text
    if (!this.hasPipe && text.includes('|')) this.hasPipe = true
  }

  /** Removes the last line. The part of the lines before that is final stays final. */
  dropLastLine(): void {
    const { full, tail, lineStart, lastLine } = this
    const text = full.slice(0, lineStart - 1)
    const rest = tail.slice(0, Math.max(0, tail.length - lastLine.length - 1))
    const isWhole = tail.length <= lastLine.length
    this.setText(text)
    if (!isWhole) this.tail = rest
  }

  /** Begins the text anew. */
  setText(text: string): void {
    this.full = text
    this.tail = text
    this.first = text.charAt(0)
    this.lineStart = text.lastIndexOf('\n') + 1
    this.lastLine = text.slice(this.lineStart)
    this.hasPipe = this.lastLine.includes('|')
  }
}

/** Blocks nested deeper than this are text: real texts have none, and browsers fail at trees that are too deep. */
export const DEEPEST = 200

/** Whether a block keeps lines as they are. */
export function isVerbatim(block: Block): boolean {
  return block.kind === 'code' || block.kind === 'html'
}

const CONTAINERS: ReadonlySet<BlockKind> = new Set([
  'document',
  'quote',
  'list',
  'item',
  'footnote',
  'details',
  'think',
])

/** Whether a block holds other blocks. */
export function isContainer(block: Block): boolean {
  return CONTAINERS.has(block.kind)
}

/** Whether `parent` may hold a block of this kind. */
export function canContain(parent: Block, kind: BlockKind): boolean {
  if (parent.kind === 'list') return kind === 'item'
  return isContainer(parent) && kind !== 'item'
}
