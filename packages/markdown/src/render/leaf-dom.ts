import type { Block } from '../blocks/block.ts'
import { mayBeHeader } from '../blocks/feed.ts'
import { parseDefinition } from '../blocks/references.ts'
import { type InlineContext, parseGrowing, parseInlines } from '../inlines/parser.ts'
import { setAttribute } from './attributes.ts'
import { InlineWriter } from './inline-dom.ts'
import type { Policy } from './policy.ts'
import type { Rendered } from './rendered.ts'

/** Where a leaf's inlines are among the children of its content. */
export interface Range {
  readonly after: ChildNode | null
  readonly end: ChildNode | null
}

/** An open leaf longer than this, in which nothing settles, is parsed again only when it has grown by a quarter. */
const LONG_LEAF = 1024

/** How much of what comes in between may be parsed again for the next piece. */
const LONG_ROUGH = 128

const TASK = /^\[([ xX])\](?=[ \t\n]+[^ \t\n])/

/** Shows a leaf's text. Returns how many characters were parsed. */
export function writeLeaf(
  block: Block,
  shown: Rendered,
  range: Range,
  context: InlineContext,
  policy: Policy,
  uncertain: boolean,
): number {
  if (block.full.length === block.tail.length) {
    shown.mark = null
    if (context.gfm) writeCheckbox(block, shown, range, policy)
  }
  const after = shown.mark?.node ?? shown.checkbox ?? range.after
  const growing = block.open
  const { length } = block.tail
  if (growing && length > LONG_LEAF && isMuchLike(length, shown.parsedLength))
    return appendRoughly(block, shown, range, context, policy)
  const text = growing ? hideDefinition(block) : block.tail
  const result = growing ? parseGrowing(text, context) : parseInlines(text, context)
  const writer = new InlineWriter(policy, shown.content, after, shown.mark?.length ?? 0, range.end)
  const settles =
    growing && !uncertain && result.settledNode !== null && !couldBeDefinition(block) && !mayBeHeader(block)
  writer.write(result.root, settles ? result.settledNode : null)
  if (!shown.isDirected) shown.isDirected = giveDirection(shown.content)
  if (settles && writer.mark !== null) {
    if (shown.mark === null) fixDirection(shown.content as HTMLElement)
    shown.mark = writer.mark
    block.tail = block.tail.slice(result.settledAt)
  }
  shown.parsedLength = shown.roughLength = block.tail.length
  shown.rough = null
  shown.done = !block.open && !uncertain
  return text.length
}

const LETTER = /\p{L}/u
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u

const UNDIRECTED = /^(?:ul|ol|li|blockquote|table|thead|tr|th|div|details)$/

// Lists, quotes and tables have the direction of their first text: a browser's `auto` skips what is in a block with a
// direction of its own.
/** Gives the direction of a text to the blocks that it is in; `false` if the text has no letter yet. */
export function giveDirection(content: Element): boolean {
  const letter = LETTER.exec(content.textContent ?? '')?.[0]
  if (letter === undefined) return false
  const direction = RIGHT_TO_LEFT.test(letter) ? 'rtl' : 'ltr'
  for (let at = content.parentElement; at !== null && UNDIRECTED.test(at.localName); at = at.parentElement)
    if (at.localName !== 'li' && !at.hasAttribute('dir')) (at as HTMLElement).dir = direction
  return true
}

// With `dir=auto` a browser looks for the first letter again at each change, through all that is there. Once it is
// settled, so is the direction.
function fixDirection(element: HTMLElement): void {
  const start = (element.firstChild as Text | null)?.data ?? ''
  const letter = (LETTER.exec(start) ?? LETTER.exec(element.textContent ?? ''))?.[0]
  if (letter !== undefined && element.dir === 'auto') element.dir = RIGHT_TO_LEFT.test(letter) ? 'rtl' : 'ltr'
}

/** Everything is looked at anew. */
export function forgetLeaf(block: Block, shown: Rendered): void {
  block.tail = block.full
  shown.mark = null
  shown.done = false
}

// Parsing again only after growth by a quarter keeps the sum linear.
function isMuchLike(length: number, parsed: number): boolean {
  return (
    parsed > 0 && length >= parsed && Math.floor(Math.log(length) * 4) === Math.floor(Math.log(parsed) * 4)
  )
}

// In between, what comes is parsed as if nothing were open before it: markers are no text for long. The whole is parsed
// again later, and put right.
function appendRoughly(
  block: Block,
  shown: Rendered,
  range: Range,
  context: InlineContext,
  policy: Policy,
): number {
  const { content } = shown
  const end = (): Rendered['rough'] => {
    const node = range.end === null ? content.lastChild : range.end.previousSibling
    return { node, length: node?.nodeType === 3 ? (node as Text).length : 0 }
  }
  // Nothing is shown of what will most likely be a definition.
  if (content.firstChild === null) return 0
  shown.rough ??= end()
  const text = block.tail.slice(shown.roughLength)
  const result = parseGrowing(text, context)
  const { node, length } = shown.rough!
  const writer = new InlineWriter(policy, content, node, length, range.end)
  writer.write(result.root, result.settledNode)
  if (result.settledNode !== null && writer.mark !== null) {
    shown.rough = writer.mark
    shown.roughLength += result.settledAt
  } else if (text.length > LONG_ROUGH) {
    shown.rough = end()
    shown.roughLength = block.tail.length
  }
  return text.length
}

function couldBeDefinition(block: Block): boolean {
  return (
    block.tail.length === block.full.length && block.tail[0] === '[' && !/^\[[^\]]*\][^:]/.test(block.tail)
  )
}

/** A paragraph that begins as a definition will most likely vanish: it is not shown while it can. */
function hideDefinition(block: Block): string {
  let text = block.tail
  if (block.kind !== 'paragraph' || text[0] !== '[' || text.length !== block.full.length) return text
  for (let found = parseDefinition(text); found !== null; found = parseDefinition(text))
    text = text.slice(found.end)
  return /^\[[^\]]+\]:\s*\S*\s*$/.test(text) ? '' : text
}

/** A task list item's box (GFM §5.3). */
function writeCheckbox(block: Block, shown: Rendered, range: Range, { taskLabels }: Policy): void {
  const item = block.parent!
  const isFirst = block.kind === 'paragraph' && item.kind === 'item' && item.children[0] === block
  const box = isFirst ? TASK.exec(block.tail) : null
  if (box === null) {
    shown.checkbox?.remove()
    shown.checkbox = null
    return
  }
  block.tail = block.tail.slice(3)
  if (shown.checkbox === null) {
    shown.checkbox = shown.content.ownerDocument.createElement('input')
    shown.checkbox.type = 'checkbox'
    shown.checkbox.disabled = true
    const first = range.after === null ? shown.content.firstChild : range.after.nextSibling
    shown.content.insertBefore(shown.checkbox, first)
  }
  const isDone = box[1] !== ' '
  shown.checkbox.toggleAttribute('checked', isDone)
  setAttribute(shown.checkbox, 'aria-label', isDone ? taskLabels.done : taskLabels.open)
}
