import type { Block } from '../blocks/block.ts'
import { LineFeed } from '../blocks/feed.ts'
import { type BlockListener, BlockParser } from '../blocks/parser.ts'
import { loadEntities } from '../inlines/entities.ts'
import type { RenderOptions } from '../options.ts'
import { BlockWriter } from './block-dom.ts'
import { Errors } from './errors.ts'
import type { FootnoteWriter } from './footnotes.ts'
import { tagsOf } from './policy.ts'
import type { Rendered } from './rendered.ts'

/** Called with each block that is closed. */
export type ClosedListener = (block: Block, shown: Rendered) => void

/** The parts that a document gets from its view. */
export interface DocumentParts {
  readonly closed?: ClosedListener
  /** Called with each element that may scroll sideways, when it is made. */
  readonly mayScroll?: (element: HTMLElement) => void
  readonly errors?: Errors
  /** Shows footnotes; without it there are none. Its code is loaded only if the option asks for it. */
  readonly FootnoteWriter?: typeof FootnoteWriter | undefined
}

/** A Markdown document that grows in an element. Nothing waits here: what is added is shown by `show`. */
export class GrowingDocument implements BlockListener {
  readonly parser: BlockParser
  readonly #feed: LineFeed
  readonly #writer: BlockWriter
  readonly #changed = new Set<Block>()
  /** Something is still being loaded that the text needs. */
  ready: Promise<void> | null = null

  constructor(
    element: Element,
    options: RenderOptions = {},
    {
      closed = () => {},
      mayScroll = () => {},
      errors = new Errors(options.onError),
      FootnoteWriter,
    }: DocumentParts = {},
  ) {
    const { gfm = true, footnotes = false, think, math = null, html } = options
    const tags = tagsOf(html)
    this.parser = new BlockParser(this, {
      tables: gfm,
      footnotes: footnotes !== false && FootnoteWriter !== undefined,
      thinks: think !== undefined,
      allowsTag: (name) => tags.has(name),
      math,
    })
    this.#feed = new LineFeed(this.parser)
    this.#writer = new BlockWriter(
      element,
      this.parser,
      options,
      { closed, mayScroll },
      errors,
      tags,
      FootnoteWriter,
    )
  }

  /** Characters and blocks that parsing has looked at. */
  get work(): number {
    return this.parser.work + this.#writer.work
  }

  add(text: string): void {
    this.#feed.add(text)
  }

  /** Shows what is there, the unfinished line included. */
  show(): void {
    this.#feed.settle()
    this.#write()
  }

  /** The text is complete: what was held back is shown as what it is. */
  finish(): void {
    this.#feed.finish()
    this.#write(true)
  }

  touched(block: Block): void {
    this.#changed.add(block)
  }

  dropped(parent: Block, blocks: Block[]): void {
    for (const block of blocks) this.#forget(block)
    this.#writer.drop(parent, blocks)
  }

  defined(label: string): void {
    for (const block of this.#writer.takeWaiting(label)) this.#changed.add(block)
  }

  #write(isEnd = false): void {
    for (const block of this.#changed) this.#writer.write(block)
    this.#changed.clear()
    this.#writer.tidy(isEnd)
    if (this.#writer.hasUnresolved && this.ready === null) this.ready = this.#resolve()
  }

  // A table that does not come leaves the names as they were written: the text is readable, and the page's network
  // errors are the page's to show.
  async #resolve(): Promise<void> {
    try {
      await loadEntities()
    } catch {
      return
    }
    this.ready = null
    for (const block of this.#writer.takeUnresolved()) this.#changed.add(block)
    this.#write(!this.parser.root.open)
  }

  #forget(block: Block): void {
    this.#changed.delete(block)
    block.dropped = true
    for (const child of block.children) this.#forget(child)
  }
}
