import type { Block } from '../blocks/block.ts'
import { mayBeHeader } from '../blocks/feed.ts'
import { parseDefinition } from '../blocks/references.ts'
import { type InlineResult, parseGrowing, parseInlines } from '../inlines/parser.ts'
import type { InlineContext } from '../inlines/state.ts'
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

/** A task's mark. The spaces behind it are bounded: a text that grows by spaces is looked at for each of them. */
const TASK = /^\[([ xX])\](?=[ \t\n]{1,100}[^ \t\n])/

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
  const content = shown.content as HTMLElement
  if (content.firstChild === null) fixDirection(content, directionOfFirst(text))
  const writer = new InlineWriter(policy, content, after, shown.mark?.length ?? 0, range.end)
  const settles =
    growing && !uncertain && result.settledNode !== null && !couldBeDefinition(block) && !mayBeHeader(block)
  writer.write(result.root, settles ? result.settledNode : null)
  if (!shown.isDirected) shown.isDirected = giveDirection(content, text, policy.root)
  if (settles && writer.mark !== null) {
    if (shown.mark === null) fixDirection(content, directionOf(content.textContent ?? ''))
    shown.mark = writer.mark
    block.tail = block.tail.slice(result.settledAt)
  }
  shown.parsedLength = block.tail.length
  if (growing && length > LONG_LEAF) goOnRoughly(shown, range, result, text.length - block.tail.length)
  shown.done = !block.open && !uncertain
  return text.length
}

const LETTER = /\p{L}/u
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u

const UNDIRECTED = /^(?:ul|ol|li|blockquote|table|thead|tr|th|details)$/

function isUndirected(element: Element): boolean {
  return (
    UNDIRECTED.test(element.localName) ||
    element.hasAttribute('data-table') ||
    element.hasAttribute('data-framed')
  )
}

function directionOf(text: string): string | undefined {
  const letter = LETTER.exec(text)?.[0]
  return letter && (RIGHT_TO_LEFT.test(letter) ? 'rtl' : 'ltr')
}

/** The direction of a text that begins with a letter, which no markup can change. */
export function directionOfFirst(text: string): string | undefined {
  return directionOf(/^\p{L}?/u.exec(text)![0])
}

// Lists, quotes and tables have the direction of their first text: a browser's `auto` skips what is in a block with a
// direction of its own.
/** Gives the direction of a text to the blocks below `root` that it is in; `false` if the text has no letter yet. */
export function giveDirection(content: Element, text: string, root: Element): boolean {
  const direction = directionOf(text.slice(0, 500).replaceAll(/<[^<>]*>/g, ''))
  if (direction === undefined) return false
  let at = isUndirected(content) ? content : content.parentElement
  for (; at !== null && at !== root && isUndirected(at); at = at.parentElement)
    if (at.localName !== 'li' && !at.hasAttribute('dir')) (at as HTMLElement).dir = direction
  return true
}

// With `dir=auto` a browser looks for the first letter again at each change, through all that is there: what begins
// with a letter has its direction before it has its text, and anything else once it is settled.
function fixDirection(element: HTMLElement, direction = 'auto'): void {
  if (element.dir === 'auto') element.dir = direction
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
  const { content, rough, roughLength } = shown
  // Nothing is shown of what will most likely be a definition.
  if (rough === null) return 0
  const text = block.tail.slice(roughLength)
  const result = parseGrowing(text, context)
  const writer = new InlineWriter(policy, content, rough.node, rough.length, range.end)
  writer.write(result.root, result.settledNode)
  if (result.settledNode !== null && writer.mark !== null) {
    shown.rough = writer.mark
    shown.roughLength += result.settledAt
  } else if (text.length - result.end > LONG_ROUGH) {
    // What has been nothing but undecided for so long is not looked at again for each piece.
    shown.rough = null
  } else if (text.length > LONG_ROUGH) goOnRoughly(shown, range, result, -roughLength)
  return text.length
}

/** Lets the text go on behind what is shown, but for what is shown as closed and is not: that is parsed again. */
function goOnRoughly(
  shown: Rendered,
  range: Range,
  { openAt, end, root }: InlineResult,
  settled: number,
): void {
  const { content } = shown
  let node = range.end === null ? content.lastChild : (range.end.previousSibling as ChildNode | null)
  if (root.last === null || node === null) {
    shown.rough = null
    return
  }
  // A marker that has been open for long is no longer waited for.
  const isOpen = openAt < end && end - openAt < LONG_ROUGH * 4 && root.last.kind !== 'text'
  if (isOpen) node = node.previousSibling as ChildNode | null
  shown.rough = { node: node ?? range.after, length: node?.nodeType === 3 ? (node as Text).length : 0 }
  shown.roughLength = (isOpen ? openAt : end) - settled
}

function couldBeDefinition(block: Block): boolean {
  return block.first === '[' && block.tail.length === block.full.length && !/^\[[^\]]*\][^:]/.test(block.tail)
}

/** A paragraph that begins as a definition will most likely vanish: it is not shown while it can. */
function hideDefinition(block: Block): string {
  let text = block.tail
  if (block.kind !== 'paragraph' || block.first !== '[' || text.length !== block.full.length) return text
  for (let found = parseDefinition(text); found !== null; found = parseDefinition(text))
    text = text.slice(found.end)
  return /^\[[^\]]+\]:\s*\S*\s*$/.test(text) ? '' : text
}

/** A task list item's box (GFM §5.3). */
function writeCheckbox(block: Block, shown: Rendered, range: Range, { taskLabels }: Policy): void {
  const item = block.parent!
  const isFirst = block.kind === 'paragraph' && item.kind === 'item' && item.children[0] === block
  const box = isFirst && block.first === '[' ? TASK.exec(block.tail) : null
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
