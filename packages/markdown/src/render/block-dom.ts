import { type Block, isVerbatim } from '../blocks/block.ts'
import type { BlockParser } from '../blocks/parser.ts'
import { takeMissed } from '../inlines/entities.ts'
import type { InlineContext } from '../inlines/state.ts'
import type { RenderOptions } from '../options.ts'
import { frameOf, setAttribute } from './attributes.ts'
import { type BlockForms, createElement } from './block-elements.ts'
import type { Errors } from './errors.ts'
import type { FootnoteWriter } from './footnotes.ts'
import { forgetLeaf, type Range, writeLeaf } from './leaf-dom.ts'
import { createPolicy, type Policy } from './policy.ts'
import { keyOf, Rendered } from './rendered.ts'
import { writeTable } from './table-dom.ts'
import { languageOf, writeVerbatim } from './verbatim-dom.ts'

/** Called by a writer. */
export interface WriterListener {
  closed(block: Block, shown: Rendered): void
  mayScroll(element: HTMLElement): void
}

/** Shows blocks in an element, each in its place, and changes only what the parser has touched. */
export class BlockWriter {
  /** Characters given to the inline parser, for tests of linearity. */
  work = 0
  readonly #shown = new WeakMap<Block, Rendered>()
  readonly #root: Element
  readonly #parser: BlockParser
  readonly #policy: Policy
  readonly #context: InlineContext
  readonly #headingOffset: number
  readonly #languageLabel: boolean
  readonly #forms: BlockForms
  readonly #footnotes: FootnoteWriter | null
  readonly #listener: WriterListener
  readonly #waiting = new Map<string, Set<Block>>()
  readonly #untidy = new Set<Block>()
  readonly #unresolved = new Set<Block>()
  #current: Block | null = null

  constructor(
    root: Element,
    parser: BlockParser,
    options: RenderOptions,
    listener: WriterListener,
    errors: Errors,
    tags: ReadonlySet<string>,
    Footnotes: typeof FootnoteWriter | undefined,
  ) {
    this.#root = root
    this.#parser = parser
    const { cjk = true, gfm = true, headingOffset = 0, footnotes = false, singleTilde = false } = options
    this.#headingOffset = headingOffset
    this.#languageLabel = options.languageLabel === true
    this.#listener = listener
    const shown = (block: Block): Rendered | undefined => this.#shown.get(block)
    this.#footnotes =
      footnotes && parser.footnotes !== null && Footnotes !== undefined
        ? new Footnotes(root, footnotes, 2 + headingOffset, parser.footnotes, shown)
        : null
    this.#policy = createPolicy(root, options, this.#footnotes, errors, tags)
    const { overrides } = this.#policy
    const mayScroll = (element: HTMLElement): void => listener.mayScroll(element)
    this.#forms = { document: root.ownerDocument, options, overrides, mayScroll }
    const hasFootnote = this.#footnotes === null ? null : (label: string) => this.#hasFootnote(label)
    this.#context = {
      cjk,
      gfm,
      singleTilde,
      citations: options.citation !== undefined,
      hidesComments: options.html !== false,
      math: options.math ?? null,
      lookUp: (label) => this.#lookUp(label),
      hasFootnote,
    }
    this.#shown.set(parser.root, new Rendered('root', null, root))
  }

  /** Shows a touched block. Parents come before their children. */
  write(block: Block): void {
    if (block.parent === null) return
    const shown = this.#ensure(block)
    const wasDone = shown.done
    const uncertain = this.#parser.isUncertain(block)
    this.#current = block
    if (this.#footnotes !== null) this.#footnotes.leaf = block
    takeMissed()
    if (shown.key === 'nothing') shown.done = !block.open && !uncertain
    else if (isVerbatim(block)) {
      if (!shown.done || block.tail !== '') writeVerbatim(block, shown, this.#parser)
      if (block.kind === 'code') this.#describeCode(block, shown)
    } else if (block.kind === 'table') {
      this.work += writeTable(block, shown, this.#context, this.#policy, uncertain)
      shown.done = !block.open && !uncertain
    } else if (block.kind === 'list') this.#writeList(block, shown)
    else if (block.kind === 'math') this.#writeMath(block, shown)
    else if (block.kind === 'paragraph' || block.kind === 'heading' || block.kind === 'summary') {
      if (!shown.done) {
        const range = this.#rangeOf(block, shown)
        this.work += writeLeaf(block, shown, range, this.#context, this.#policy, uncertain)
      }
    } else {
      shown.done = !block.open && !uncertain
      if (block.kind === 'footnote') this.#footnotes!.touch()
    }
    this.#current = null
    if (takeMissed()) this.#unresolved.add(block)
    if (shown.done && !wasDone) this.#listener.closed(block, shown)
  }

  /** Removes what was shown of a line that was taken back, and was not used again. */
  tidy(isEnd: boolean): void {
    for (const parent of this.#untidy) {
      const shown = this.#shown.get(parent)
      for (const orphan of shown?.orphans.splice(0) ?? []) this.#removeOrphan(orphan, parent)
    }
    this.#untidy.clear()
    this.#footnotes?.update(isEnd)
  }

  drop(parent: Block, blocks: Block[]): void {
    const shown = this.#shown.get(parent)
    if (shown === undefined) return
    shown.orphans.unshift(...blocks.filter((block) => this.#shown.has(block)))
    this.#untidy.add(parent)
    this.#footnotes?.touch()
  }

  // Bare text has no element to be removed with: it is what is behind the last block that is still there.
  #removeOrphan(orphan: Block, parent: Block): void {
    const old = this.#shown.get(orphan)!
    old.element?.remove()
    if (old.key === 'footnote') old.content.remove()
    if (old.key !== 'bare') return
    const last = this.#shown.get(parent.children.findLast((child) => this.#shown.has(child))!)
    if (last?.key === 'bare') return
    const { content } = this.#shown.get(parent)!
    let node = last?.element ? last.element.nextSibling : content.firstChild
    while (node !== null && (node.nodeType === 3 || !this.#isBlockElement(node as Element))) {
      const next: ChildNode | null = node.nextSibling
      node.remove()
      node = next
    }
  }

  /** The leaves that asked for a label which is now defined. */
  takeWaiting(label: string): Block[] {
    const blocks = this.#takeAgain(this.#waiting.get(label) ?? [])
    this.#waiting.delete(label)
    return blocks
  }

  get hasUnresolved(): boolean {
    return this.#unresolved.size > 0
  }

  /** The leaves with character references that were not known. */
  takeUnresolved(): Block[] {
    const blocks = this.#takeAgain(this.#unresolved)
    this.#unresolved.clear()
    return blocks
  }

  #takeAgain(leaves: Iterable<Block>): Block[] {
    const blocks = [...leaves].filter((block) => !block.dropped)
    for (const block of blocks) {
      const shown = this.#shown.get(block)!
      this.#footnotes?.uncover(block)
      if (block.kind === 'table') shown.settledRows = 0
      else if (!isVerbatim(block)) forgetLeaf(block, shown)
      else {
        shown.done = false
        shown.info = null
      }
    }
    return blocks
  }

  #lookUp(label: string): ReturnType<InlineContext['lookUp']> {
    const definition = this.#parser.definitions.get(label)
    if (definition === undefined) this.#waitFor(label)
    return definition
  }

  #hasFootnote(label: string): boolean {
    const isThere = this.#parser.footnotes!.has(label)
    if (!isThere) this.#waitFor(`^${label}`)
    return isThere
  }

  #waitFor(label: string): void {
    if (this.#current === null) return
    const blocks = this.#waiting.get(label)
    if (blocks === undefined) this.#waiting.set(label, new Set([this.#current]))
    else blocks.add(this.#current)
  }

  #writeList(list: Block, shown: Rendered): void {
    if (list.list!.ordered)
      setAttribute(shown.content, 'start', list.list!.start === 1 ? null : `${list.list!.start}`)
    shown.done = !list.open && !this.#parser.isUncertain(list)
    if (shown.loose === list.loose) return
    shown.loose = list.loose
    for (const item of list.children) {
      for (const child of item.children) if (this.#shown.has(child)) this.#ensure(child)
    }
  }

  #describeCode(block: Block, shown: Rendered): void {
    const isOverridden = this.#policy.overrides.has('codeBlock')
    if (!isOverridden && !this.#languageLabel) return
    const language = languageOf(block)
    const frame = frameOf(shown.content)
    const label = this.#languageLabel ? frame.firstChild!.firstChild! : null
    if (label !== null && label.textContent !== language) label.textContent = language
    const code = shown.done ? block.full : null
    if (isOverridden) this.#policy.overrides.update(frame, { language, code })
  }

  #writeMath(block: Block, shown: Rendered): void {
    const isWhole = block.level === 1
    const source = isWhole ? block.full.trim().slice(2, -2) : null
    if (!shown.done) this.#context.math!.show(shown.content as HTMLElement, block.full, source, true)
    shown.done = !block.open && !this.#parser.isUncertain(block)
  }

  #ensure(block: Block): Rendered {
    const key = keyOf(block, this.#headingOffset, this.#context.hidesComments)
    const present = this.#shown.get(block)
    if (present?.key === key) return present
    const shown = present === undefined ? this.#adopt(block, key) : this.#replace(block, present, key)
    this.#shown.set(block, shown)
    const parent = this.#shown.get(block.parent!)!
    parent.newest = Math.max(parent.newest, block.index)
    return shown
  }

  /** Shows a new block in the elements of one that was taken back, if they fit. */
  #adopt(block: Block, key: string): Rendered {
    const parent = this.#shown.get(block.parent!)!
    const orphan = parent.orphans.shift()
    const old = orphan === undefined ? undefined : this.#shown.get(orphan)!
    if (orphan !== undefined && old?.key === key) {
      const shown = new Rendered(key, old.element, old.content)
      shown.orphans = orphan.children.filter((child) => this.#shown.has(child)).concat(old.orphans)
      shown.checkbox = old.checkbox
      shown.rows.push(...old.rows)
      shown.loose = old.loose
      if (shown.orphans.length > 0) this.#untidy.add(block)
      if (isVerbatim(block) && key !== 'nothing') shown.content.replaceChildren()
      return shown
    }
    if (orphan !== undefined) this.#removeOrphan(orphan, block.parent!)
    const shown = this.#create(key, parent, block.kind === 'think')
    if (shown.element !== null) parent.content.insertBefore(shown.element, this.#nextNode(block))
    return shown
  }

  #replace(block: Block, old: Rendered, key: string): Rendered {
    const parent = this.#shown.get(block.parent!)!
    const range = old.key === 'bare' ? this.#rangeOf(block, old) : { after: null, end: null }
    const next = old.element ?? (range.after === null ? parent.content.firstChild : range.after.nextSibling)
    const shown = this.#create(key, parent)
    if (shown.element !== null)
      parent.content.insertBefore(shown.element, old.key === 'nothing' ? this.#nextNode(block) : next)
    const keeps =
      old.key !== 'nothing' && shown.key !== 'nothing' && !isVerbatim(block) && block.kind !== 'table'
    let node = old.key === 'nothing' ? null : old.element === null ? next : old.content.firstChild
    while (node !== null && node !== range.end) {
      const following: ChildNode | null = node.nextSibling
      if (!keeps) node.remove()
      else shown.content.insertBefore(node, shown.element === null ? old.element : null)
      node = following
    }
    old.element?.remove()
    if (keeps) {
      shown.mark = old.mark
      shown.checkbox = old.checkbox
      shown.done = old.done
      shown.parsedLength = old.parsedLength
    } else block.tail = block.full
    return shown
  }

  #create(key: string, parent: Rendered, isThought = false): Rendered {
    if (key === 'bare' || key === 'nothing') return new Rendered(key, null, parent.content)
    if (key === 'footnote') return new Rendered(key, null, this.#footnotes!.createItem())
    return createElement(this.#forms, key, isThought)
  }

  #rangeOf(block: Block, shown: Rendered): Range {
    if (shown.key !== 'bare') return { after: null, end: null }
    const siblings = block.parent!.children
    for (let index = block.index - 1; index >= 0; index--) {
      const element = this.#shown.get(siblings[index]!)?.element
      if (element) return { after: element, end: this.#nextNode(block) }
    }
    return { after: null, end: this.#nextNode(block) }
  }

  /** The first element behind a block in its parent, also of what was taken back. */
  #nextNode(block: Block): ChildNode | null {
    const siblings = block.parent!.children
    const parent = this.#shown.get(block.parent!)!
    for (let index = block.index + 1; index <= Math.min(parent.newest, siblings.length - 1); index++) {
      const element = this.#shown.get(siblings[index]!)?.element
      if (element) return element
    }
    for (const orphan of parent.orphans) {
      const element = this.#shown.get(orphan)?.element
      if (element) return element
    }
    const section = block.parent === this.#parser.root ? this.#footnotes?.section : undefined
    return section?.parentNode === this.#root ? section : null
  }

  #isBlockElement(element: Element): boolean {
    const { localName } = this.#policy.overrides.contentOf(element)
    return /^(?:p|h[1-6]|ul|ol|li|blockquote|pre|hr|table|div|details|summary)$/.test(localName)
  }
}
