import type { Block } from '../blocks/block.ts'

/** The form that a block is shown in: the name of an element, `bare` text in a tight item, or `nothing`. */
export function keyOf(block: Block, headingOffset: number, hidesComments: boolean): string {
  switch (block.kind) {
    case 'paragraph':
      if (block.full === '') return 'nothing'
      return block.parent?.kind === 'item' && block.parent.parent?.loose === false ? 'bare' : 'p'
    case 'heading':
      return `h${Math.min(6, block.level + headingOffset)}`
    case 'think':
      return 'details'
    case 'math':
      return 'div'
    case 'html':
      // The second kind of HTML block is a comment.
      return hidesComments && block.level === 2 ? 'nothing' : 'html'
    case 'list':
      return block.list!.ordered ? 'ol' : 'ul'
    case 'item':
      return 'li'
    case 'quote':
      return 'blockquote'
    case 'code':
      return 'pre'
    case 'break':
      return 'hr'
    default:
      return block.kind
  }
}

/** The DOM of a block, and the state of its rendering. */
export class Rendered {
  /** As {@link keyOf} says. */
  readonly key: string
  readonly element: HTMLElement | null
  /** Where its children, or its inlines, are. */
  readonly content: Element
  /** Blocks of a line that was taken back: what is shown of them is used again, or goes. */
  orphans: Block[] = []
  /** The last of its block's children that is shown, or was. */
  newest = -1
  /** Up to where the inlines are settled. */
  mark: { readonly node: ChildNode | null; readonly length: number } | null = null
  /** How much text was looked at last. */
  parsedLength = 0
  /** The end of text that is shown before all of it is parsed again: in the DOM, and in the text. */
  rough: { readonly node: ChildNode | null; readonly length: number } | null = null
  roughLength = 0
  /** Closed, and shown as it will stay. */
  done = false
  loose = false
  checkbox: HTMLInputElement | null = null
  /** The part of a verbatim text that may be taken back. */
  uncertain: Text | null = null
  /** The info string that a code block's class is of. */
  info: string | null = null
  /** The line numbers of a code block, and how many there are. */
  lines: Element | null = null
  lineCount = 0
  /** Whether its direction is known, and given to the blocks that it is in. */
  isDirected = false
  /** A table's rows, and how many of them stay. */
  readonly rows: HTMLElement[] = []
  settledRows = 0

  constructor(key: string, element: HTMLElement | null, content: Element) {
    this.key = key
    this.element = element
    this.content = content
  }
}
