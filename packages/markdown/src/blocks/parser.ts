import { type Align, Block, type BlockKind, canContain, isVerbatim } from './block.ts'
import { continueBlock } from './continuation.ts'
import { Cursor } from './cursor.ts'
import type { Footnotes } from './footnotes.ts'
import { htmlBlockClose } from './patterns.ts'
import { type Definition, parseDefinition } from './references.ts'
import { restoreSnapshot, type Snapshot, takeSnapshot } from './snapshot.ts'
import { startBlock } from './starts.ts'
import type { BlockSyntax, LineParser } from './syntax.ts'
import { fitRow, splitRow } from './table.ts'

/** Receives the changes that lines make. */
export interface BlockListener {
  /** A block is new, or has changed. Parents come before their children. */
  touched(block: Block): void
  /** A tried-out line is taken back, and these blocks with it. */
  dropped(parent: Block, blocks: Block[]): void
  /** A label has got its (first) definition, or with `^` before it its footnote. */
  defined(label: string): void
}

/**
 * The block structure of CommonMark 0.31.2 with GFM's tables, one line at a time (appendix, phase 1). A line costs
 * its own length and the number of open blocks, never what came before.
 */
export class BlockParser implements LineParser {
  readonly root: Block = new Block('document', null, 0)
  readonly cursor: Cursor = new Cursor()
  readonly definitions: Map<string, Definition> = new Map()
  /** The footnotes, if GFM's footnotes are parsed. */
  readonly footnotes: Footnotes | null
  /** Characters and open blocks looked at: the parser's work, for tests of linearity. */
  work = 0
  tip: Block = this.root
  readonly syntax: BlockSyntax
  readonly #listener: BlockListener
  #line = 0
  #oldTip: Block = this.root
  #lastMatched: Block = this.root
  #trial: Snapshot | null = null
  #unfinished = false

  constructor(listener: BlockListener, syntax: BlockSyntax) {
    this.footnotes = syntax.footnotes ? new Map() : null
    this.syntax = syntax
    this.#listener = listener
  }

  /** Takes a line without its ending. */
  addLine(text: string): void {
    this.#incorporate(text)
    const { tip } = this
    if (tip.kind === 'html' && tip.level <= 5 && htmlBlockClose[tip.level - 1]!.test(this.cursor.rest)) {
      this.#close(tip, this.#line)
    }
  }

  /** Takes a line whose rest comes with `addToLine`: only if more text cannot make it something else. */
  beginLine(text: string): void {
    this.#unfinished = true
    this.#incorporate(text)
    this.#unfinished = false
  }

  addToLine(text: string): void {
    this.work += text.length
    this.tip.addText(text)
    this.touch(this.tip)
  }

  /** Tries out a line that may still grow. `undoTrial` must come before the next line. */
  tryLine(text: string): void {
    this.#trial = takeSnapshot(this.tip, this.#line)
    this.#incorporate(text)
  }

  get trying(): boolean {
    return this.#trial !== null
  }

  /** Whether what a block is now may be taken back. */
  isUncertain(block: Block): boolean {
    return this.#trial?.uncertain.has(block) === true
  }

  undoTrial(): void {
    if (this.#trial === null) return
    const trial = this.#trial
    this.#trial = null
    this.tip = trial.tip
    this.#line = trial.line
    restoreSnapshot(trial, (parent, blocks) => this.#listener.dropped(parent, blocks))
    for (let index = trial.saved.length - 1; index >= 0; index--) this.touch(trial.saved[index]!.block)
  }

  /** Tries out the open paragraph as a table's header. */
  tryTable(): void {
    if (!this.syntax.tables) return
    this.#trial ??= takeSnapshot(this.tip, this.#line)
    const header = splitRow(this.tip.lastLine)
    this.#line++
    this.becomeTable(this.tip, header, new Array<Align>(header.length).fill(null))
  }

  /** The text is complete. */
  finish(): void {
    while (this.tip !== this.root) this.#close(this.tip, this.#line)
    this.root.open = false
    this.touch(this.root)
  }

  /** Takes the text of a verbatim block that no undone trial can take back. */
  takeCertainText(block: Block): string {
    const saved = this.#trial?.saved.find((entry) => entry.block === block)
    if (this.#trial !== null && saved === undefined) return ''
    const certain = saved?.tail ?? block.tail
    if (saved !== undefined) saved.tail = ''
    block.tail = block.tail.slice(certain.length)
    return certain
  }

  touch(block: Block): void {
    this.#listener.touched(block)
  }

  /** The line may be a lazy continuation of an open paragraph (§5.1). */
  get maybeLazy(): boolean {
    return this.#oldTip !== this.#lastMatched && !this.cursor.blank && this.tip.kind === 'paragraph'
  }

  addBlock(kind: BlockKind): Block {
    this.closeUnmatched()
    while (!canContain(this.tip, kind)) this.#close(this.tip, this.#line - 1)
    const parent = this.tip
    const previous = parent.last
    const block = new Block(kind, parent, this.#line)
    if (previous !== undefined && previous.endLine < this.#line - 1) this.#loosen(parent)
    this.touch(parent)
    parent.children.push(block)
    this.#trial?.uncertain.add(block)
    this.tip = block
    this.touch(block)
    return block
  }

  /** A blank line between items, or between the blocks of an item, makes the whole list loose (§5.3). */
  #loosen(parent: Block): void {
    const list = parent.kind === 'item' ? parent.parent : parent.kind === 'list' ? parent : null
    if (list === null || list.loose) return
    list.loose = true
    this.touch(list)
  }

  addFootnote(label: string): void {
    const block = this.addBlock('footnote')
    block.label = label
    // The first of a name counts: that is the first to end, so one in another of the same name comes before it.
    if (this.#trial !== null || this.footnotes!.get(label)?.open === false) return
    this.footnotes!.set(label, block)
    this.#listener.defined(`^${label}`)
  }

  closeUnmatched(): void {
    while (this.#oldTip !== this.#lastMatched) {
      const { parent } = this.#oldTip
      this.#close(this.#oldTip, this.#line - 1)
      this.#oldTip = parent!
    }
  }

  /** Makes a paragraph's last line a table's header; lines before it stay a paragraph. */
  becomeTable(paragraph: Block, header: string[], align: Align[]): void {
    let table = paragraph
    if (paragraph.lineStart > 0) {
      paragraph.dropLastLine()
      this.#close(paragraph, this.#line - 2)
      table = new Block('table', paragraph.parent, this.#line - 1)
      paragraph.parent!.children.push(table)
      this.#trial?.uncertain.add(table)
      this.touch(paragraph.parent!)
    }
    table.kind = 'table'
    table.align = align
    table.rows.push(header)
    this.tip = table
    this.touch(table)
  }

  /** Takes the link reference definitions from the beginning of a paragraph (§4.7). */
  takeDefinitions(paragraph: Block): void {
    if (paragraph.first !== '[') return
    let text = paragraph.full
    for (let found = parseDefinition(text); found !== null; found = parseDefinition(text)) {
      this.work += found.end
      text = text.slice(found.end)
      if (this.#trial === null && !this.definitions.has(found.label)) {
        this.definitions.set(found.label, found.definition)
        this.#listener.defined(found.label)
      }
      if (text[0] !== '[') break
    }
    if (text.length === paragraph.full.length) return
    paragraph.setText(text)
    this.touch(paragraph)
  }

  /** Ends the innermost `<details>` if the line before ends with its end tag. */
  endDetails(): void {
    const { tip } = this
    if (tip.kind !== 'paragraph' || !tip.open || !/<\/details>\s*$/i.test(tip.lastLine)) return
    let details: Block | null = tip
    while (details !== null && details.kind !== 'details') details = details.parent
    if (details === null) return
    while (details.open) this.#close(this.tip, this.#line)
  }

  /** Adds a block that is complete, with its text. */
  addClosed(kind: BlockKind, text: string): void {
    const block = this.addBlock(kind)
    block.setText(text)
    this.#close(block, this.#line)
  }

  #close(block: Block, line: number): void {
    block.open = false
    block.endLine = line
    if (block.kind === 'paragraph') this.takeDefinitions(block)
    if (block.kind === 'code' && block.fence === '') block.endLine = block.level
    if (block.kind === 'list' || block.kind === 'item') block.endLine = block.last?.endLine ?? block.startLine
    this.tip = block.parent!
    this.touch(block)
  }

  #incorporate(text: string): void {
    const { cursor } = this
    this.#line++
    this.work += text.length
    this.#oldTip = this.tip
    cursor.start(text)
    const matched = this.#matchOpen()
    if (matched === null) return

    let container = matched
    this.#lastMatched = container
    let isLeaf = isVerbatim(container)
    let isNew = false
    while (!isLeaf) {
      cursor.findNextNonspace()
      const started = startBlock(this, container)
      if (started === null) {
        cursor.skipIndent()
        break
      }
      container = this.tip
      isLeaf = isNew = started === 'leaf'
    }
    this.#addText(isNew)
  }

  /** Walks down the open blocks that go on in this line; `null` if that used the line up. */
  #matchOpen(): Block | null {
    let container = this.root
    for (let child = container.last; child?.open; child = container.last) {
      this.work++
      this.cursor.findNextNonspace()
      const continuation = continueBlock(child, this.cursor, this.syntax.math)
      if (continuation === 'fails') break
      if (continuation === 'closes') {
        this.#oldTip = this.#lastMatched = child
        this.#close(child, this.#line)
        return null
      }
      container = child
    }
    return container
  }

  #addText(isNew: boolean): void {
    const { cursor } = this
    if (this.maybeLazy) {
      this.tip.addLine(cursor.rest)
      this.touch(this.tip)
      return
    }
    this.closeUnmatched()
    const { tip } = this
    if (tip.kind === 'paragraph') {
      if (cursor.next === '[' && tip.first === '[') this.#takeWholeDefinitions(tip)
      tip.addLine(cursor.rest)
    } else if (tip.kind === 'code') this.#addCode(tip, isNew)
    else if (tip.kind === 'html') tip.addLine(cursor.rest)
    else if (tip.kind === 'table') {
      if (!isNew) tip.rows.push(fitRow(tip, splitRow(cursor.rest), tip.align.length))
    } else if (tip.kind === 'math') tip.addLine(cursor.rest)
    else if (tip.kind !== 'heading' && tip.kind !== 'break' && !cursor.blank) {
      this.addBlock('paragraph').addLine(cursor.rest)
    }
    this.touch(this.tip)
  }

  #addCode(block: Block, isNew: boolean): void {
    const line = this.cursor.rest
    const end = this.#unfinished ? '' : '\n'
    if (block.fence !== '') {
      if (!isNew) block.addText(line + end)
    } else if (line.trim() === '') block.blanks += line + end
    else {
      block.addText(block.blanks + line + end)
      block.blanks = ''
      block.level = this.#line
    }
  }

  // Many definitions without a blank line between them are one paragraph: taking them as soon as they are certain
  // keeps that paragraph short. An uncertain one is looked at again when it has grown by a quarter.
  #takeWholeDefinitions(paragraph: Block): void {
    if (this.#trial !== null || paragraph.full.length < paragraph.searched * 1.25) return
    let text = paragraph.full
    while (text !== '') {
      const found = parseDefinition(text)
      if (found === null) {
        paragraph.searched = paragraph.full.length
        return
      }
      text = text.slice(found.end)
    }
    this.takeDefinitions(paragraph)
  }
}
