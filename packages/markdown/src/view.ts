import type { Block } from './blocks/block.ts'
import type { Finisher } from './finisher.ts'
import { createFrames } from './frames.ts'
import { loadPart } from './load-part.ts'
import type { MarkdownViewOptions } from './options.ts'
import { TextQueue } from './queue.ts'
import { setAttribute } from './render/attributes.ts'
import { GrowingDocument } from './render/document.ts'
import { Errors } from './render/errors.ts'
import type { FootnoteWriter } from './render/footnotes.ts'
import { PlainText } from './render/plain-text.ts'
import { tagsOf } from './render/policy.ts'
import type { Rendered } from './render/rendered.ts'
import { Status } from './status.ts'
import { Typewriter } from './typewriter.ts'

/** Counts of a view since its last reset. */
export interface MarkdownViewStats {
  /** Calls of `append` with text. */
  readonly chunks: number
  /** How many of them are shown. */
  readonly chunksRendered: number
  /** Updates of the document. */
  readonly frames: number
  /** Updates that took longer than `budgetMs`. */
  readonly framesOverBudget: number
  /** The mean and the longest time of an update, in ms. */
  readonly meanRenderMs: number
  readonly maxRenderMs: number
  /** Elements directly in the view's element. */
  readonly blocks: number
  /** DOM nodes in the view's element. */
  readonly nodes: number
}

/** A growing Markdown text in an element. */
export interface MarkdownView {
  /** Adds text. It is shown with the next frame. */
  append(text: string): void
  /** The text is complete: what waits is shown, within the frame budget. Resolves when all of it is. */
  complete(): Promise<void>
  /** Begins anew, with this text: what is shown stays until the text takes its place, with the next frame. */
  reset(text?: string): void
  /** Stops, and removes what it has added beside the element; what is in the element stays. */
  destroy(): void
  readonly stats: MarkdownViewStats
}

/** How much is parsed between two looks at the clock. */
const SLICE = 1024

const CLICKS = ['click', 'auxclick'] as const

const STATUS = { writing: 'The answer is being written.', complete: 'The answer is complete.' }

/**
 * Turns a growing Markdown text into DOM in an element, whose content it replaces.
 *
 * @throws {Error} `append` and `complete` throw once the view is destroyed, `append` also once the text is complete.
 */
export function createMarkdownView(element: HTMLElement, options: MarkdownViewOptions = {}): MarkdownView {
  const { mode = 'markdown', maxFps = 60, budgetMs = 8, typewriter, status: texts = STATUS } = options
  const window = element.ownerDocument.defaultView!
  const queue = new TextQueue()
  let errors = new Errors(options.onError)
  let finisher: Finisher | null = null
  /** Blocks that closed before the code was there that finishes them. */
  let early: [block: Block, shown: Rendered][] = []
  let scrollers: HTMLElement[] = []
  let Footnotes: typeof FootnoteWriter | undefined
  const status = texts === false ? null : new Status(element)
  const calm = window.matchMedia?.('(prefers-reduced-motion: reduce)').matches === true
  const pace = typewriter === undefined || calm ? null : new Typewriter(typewriter)
  const frames = createFrames(window, { element, maxFps, budgetMs, step: update })

  element.setAttribute('data-sluice-markdown', '')
  element.toggleAttribute('data-caret', options.caret === true)
  // For the style sheet: line ends of a plain text show.
  setAttribute(element, 'data-mode', mode === 'text' ? mode : null)
  /** Whether what is shown is of the text before the reset. */
  let isStale = false
  let isLoading = mode === 'markdown' && !!options.footnotes
  if (isLoading) void loadFootnotes()
  let isHydrating = options.hydrate === true && element.firstChild !== null
  tagsOf(options.html)
  let growing: GrowingDocument | PlainText = isHydrating || isLoading ? new PlainText(element) : begin()
  isStale = isHydrating || isLoading
  let state: 'open' | 'completing' | 'complete' | 'destroyed' = 'open'
  const waiters: (() => void)[] = []
  let chunkEnds: number[] = []
  let received = 0
  let shown = 0
  let counts = { chunks: 0, chunksRendered: 0, frames: 0, framesOverBudget: 0, maxRenderMs: 0 }
  let renderMs = 0
  /** Taken from the queue, and not yet shown. */
  let inHand = ''

  const { confirmLink } = options
  // The question's code is loaded with the first link that needs it; the link waits.
  function onClick(event: MouseEvent): void {
    const link = (event.target as Element).closest?.<HTMLAnchorElement>('a[href]')
    if (!link || event.defaultPrevented || !/^https?:$/.test(link.protocol)) return
    if (link.origin === window.location.origin) return
    event.preventDefault()
    const inNewTab = link.target === '_blank' || event.ctrlKey || event.metaKey || event.button === 1
    import('./controls/index.ts')
      .then(({ followLink }) => followLink(window, link.href, inNewTab, confirmLink!, errors))
      .catch((error: unknown) => errors.report('confirmLink', error))
  }
  if (confirmLink !== undefined) for (const type of CLICKS) element.addEventListener(type, onClick)

  function begin(): GrowingDocument | PlainText {
    isStale = false
    element.setAttribute('data-state', 'growing')
    errors = new Errors(options.onError)
    early = []
    scrollers = []
    finisher?.reset(errors)
    element.replaceChildren()
    if (mode === 'text') return new PlainText(element)
    return new GrowingDocument(element, options, { closed, mayScroll, errors, FootnoteWriter: Footnotes })
  }

  async function loadFootnotes(): Promise<void> {
    try {
      Footnotes = (await import('./render/footnotes.ts')).FootnoteWriter
    } catch {
      // The text is shown without footnotes. A network error is the page's to show, as for any part of it.
    }
    isLoading = false
    frames.request()
  }

  function closed(block: Block, shown: Rendered): void {
    if (finisher !== null) finisher.closed(block, shown)
    else if (options.skipOffscreen || block.kind === 'code' || block.kind === 'table') {
      if (early.push([block, shown]) === 1 && scrollers.length === 0) void loadFinisher()
    }
  }

  function mayScroll(scroller: HTMLElement): void {
    if (finisher !== null) finisher.mayScroll(scroller)
    else if (scrollers.push(scroller) === 1 && early.length === 0) void loadFinisher()
  }

  const isInUse = (): boolean => state !== 'destroyed'

  async function loadFinisher(): Promise<void> {
    const { Finisher } = await loadPart(() => import('./finisher.ts'), isInUse)
    finisher ??= new Finisher(element, options, () => frames.request())
    if (state === 'destroyed') return
    finisher.reset(errors)
    for (const scroller of scrollers.splice(0)) finisher.mayScroll(scroller)
    for (const [block, shown] of early.splice(0)) finisher.closed(block, shown)
  }

  // An error here is a mistake of this package, or of something that changes the document under it. The text matters
  // more than its form: what could not be shown is shown as it is, and the rest follows.
  function update(pageDeadline: number): boolean {
    try {
      return show(pageDeadline)
    } catch (error) {
      errors.report('view', error)
      growing = new PlainText(element.appendChild(element.ownerDocument.createElement('p')))
      growing.add(inHand)
      inHand = ''
      return true
    }
  }

  function show(pageDeadline: number): boolean {
    const start = window.performance.now()
    const deadline = Math.min(pageDeadline, start + budgetMs)
    if (isLoading) return false
    if (isStale) growing = begin()
    let due = pace === null || state === 'completing' ? queue.length : pace.due(start, queue.length)
    do {
      inHand = queue.take(Math.min(SLICE, due))
      due -= inHand.length
      shown += inHand.length
      growing.add(inHand)
      growing.show()
      inHand = ''
      // The content that a server rendered is replaced in one step: otherwise the page would jump.
    } while (due > 0 && (isHydrating || window.performance.now() < deadline))
    isHydrating = false
    if (queue.length === 0) {
      pace?.rest()
      if (state === 'completing') end()
    }
    const isLate = (): boolean => window.performance.now() >= deadline
    while (finisher?.hasWork && !(queue.length > 0 && isLate())) {
      finisher.finishNext()
      if (isLate()) break
    }
    count(window.performance.now() - start)
    return queue.length > 0 || finisher?.hasWork === true
  }

  function end(): void {
    const ended = growing
    ended.finish()
    const isEnd = (): unknown => ended === growing && !isStale && state === 'completing' && settle()
    if (ended.ready === null) settle()
    else
      ended.ready.then(isEnd, (error: unknown) => {
        errors.report('view', error)
        isEnd()
      })
  }

  function settle(): void {
    state = 'complete'
    element.setAttribute('data-state', state)
    if (texts !== false) status?.show(texts.complete)
    for (const resolve of waiters.splice(0)) resolve()
  }

  function count(ms: number): void {
    renderMs += ms
    counts.frames++
    if (ms > budgetMs) counts.framesOverBudget++
    counts.maxRenderMs = Math.max(counts.maxRenderMs, ms)
    const unshown = chunkEnds.findIndex((at) => at > shown)
    chunkEnds = unshown === -1 ? [] : chunkEnds.slice(unshown)
    counts.chunksRendered = counts.chunks - chunkEnds.length
  }

  function refuse(): void {
    if (state === 'destroyed') throw new Error('The Markdown view is destroyed.')
  }

  function append(text: string): void {
    refuse()
    if (state !== 'open') throw new Error('The text is complete: reset the view to begin another.')
    if (text === '') return
    if (counts.chunks++ === 0 && texts !== false) status?.show(texts.writing)
    received += text.length
    chunkEnds.push(received)
    queue.push(text)
    frames.request()
  }

  return {
    append,
    complete() {
      refuse()
      if (state === 'complete') return Promise.resolve()
      state = 'completing'
      frames.request()
      return new Promise((resolve) => waiters.push(resolve))
    },
    reset(text = '') {
      refuse()
      queue.clear()
      pace?.rest()
      if (text === '' && !isLoading) growing = begin()
      else isStale = true
      state = 'open'
      for (const resolve of waiters.splice(0)) resolve()
      chunkEnds = []
      received = shown = renderMs = 0
      counts = { chunks: 0, chunksRendered: 0, frames: 0, framesOverBudget: 0, maxRenderMs: 0 }
      status?.show('')
      append(text)
    },
    destroy() {
      if (state === 'destroyed') return
      state = 'destroyed'
      frames.stop()
      for (const type of CLICKS) element.removeEventListener(type, onClick)
      element.removeAttribute('data-state')
      finisher?.reset(errors)
      status?.remove()
      queue.clear()
      for (const resolve of waiters.splice(0)) resolve()
    },
    get stats() {
      return {
        ...counts,
        meanRenderMs: counts.frames === 0 ? 0 : renderMs / counts.frames,
        blocks: element.childElementCount,
        nodes: countNodes(element),
      }
    },
  }
}

function countNodes(element: Element): number {
  const walker = element.ownerDocument.createTreeWalker(element)
  let nodes = 0
  while (walker.nextNode() !== null) nodes++
  return nodes
}
