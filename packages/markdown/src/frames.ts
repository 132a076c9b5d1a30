/** One view's part in the frames of its page. */
export interface FrameTask {
  /** The element whose place in the page says whether the work can wait. */
  readonly element: Element
  /** Steps per second, at most. */
  readonly maxFps: number
  /** The time that a frame may take, in ms. */
  readonly budgetMs: number
  /**
   * Does a part of the work, at least a small one.
   *
   * @param deadline - when the frame's time is over, on the clock of `performance.now()`
   * @returns whether there is more to do
   */
  step(deadline: number): boolean
}

/** Runs the steps of a task, as long as a step asks for more. */
export interface Frames {
  /** Asks for a frame, if none is requested. */
  request(): void
  /** Ends the task: no step is called any more. */
  stop(): void
}

interface Entry extends FrameTask {
  readonly intervalMs: number
  /** When the last step was. */
  last: number
  /** Since when it waits for its next step. */
  since: number
  isNear: boolean
}

/** Work that is out of sight waits behind work in sight for this time at most, in ms. */
const LONGEST_WAIT_MS = 500
/** How far from the viewport an element is still served first. */
const NEAR = '400px'

const pages = new WeakMap<Window, PageFrames>()

/**
 * Runs the work of all views of a page in its animation frames. They share one budget: a history of many answers takes
 * no longer in a frame than one answer. The views in sight come first.
 */
export function createFrames(view: Window & typeof globalThis, task: FrameTask): Frames {
  let page = pages.get(view)
  if (page === undefined) {
    page = new PageFrames(view)
    pages.set(view, page)
  }
  return page.add(task)
}

class PageFrames {
  readonly #view: Window & typeof globalThis
  readonly #entries = new Map<Element, Entry>()
  readonly #waiting = new Set<Entry>()
  readonly #observer: IntersectionObserver | null
  #frame = 0
  #timer = 0

  constructor(view: Window & typeof globalThis) {
    this.#view = view
    const Observer = view.IntersectionObserver as typeof IntersectionObserver | undefined
    this.#observer =
      Observer === undefined ? null : new Observer((seen) => this.#seen(seen), { rootMargin: NEAR })
  }

  add(task: FrameTask): Frames {
    const entry: Entry = {
      element: task.element,
      maxFps: task.maxFps,
      budgetMs: task.budgetMs,
      step: (deadline) => task.step(deadline),
      intervalMs: 1000 / task.maxFps,
      last: Number.NEGATIVE_INFINITY,
      since: 0,
      isNear: true,
    }
    if (this.#entries.size === 0) this.#view.document.addEventListener('visibilitychange', this.#onVisibility)
    this.#entries.set(entry.element, entry)
    this.#observer?.observe(entry.element)
    let isStopped = false
    return {
      request: () => {
        // A part of the package may come, and ask for a frame, after its view was destroyed.
        if (isStopped) return
        if (!this.#waiting.has(entry)) this.#wait(entry, this.#view.performance.now())
        this.#request()
      },
      stop: () => {
        isStopped = true
        this.#remove(entry)
      },
    }
  }

  #wait(entry: Entry, now: number): void {
    entry.since = now
    this.#waiting.add(entry)
  }

  #remove(entry: Entry): void {
    this.#waiting.delete(entry)
    if (this.#waiting.size === 0) this.#cancel()
    // Another view may have taken over the element.
    if (this.#entries.get(entry.element) !== entry) return
    this.#entries.delete(entry.element)
    this.#observer?.unobserve(entry.element)
    if (this.#entries.size === 0)
      this.#view.document.removeEventListener('visibilitychange', this.#onVisibility)
  }

  #seen(seen: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of seen) {
      const entry = this.#entries.get(target)
      if (entry !== undefined) entry.isNear = isIntersecting
    }
  }

  // In a hidden page no frame comes, so a timer does it there.
  #request(): void {
    if (this.#frame !== 0 || this.#timer !== 0) return
    if (this.#view.document.hidden) {
      const intervalMs = Math.min(...[...this.#waiting].map((entry) => entry.intervalMs))
      this.#timer = this.#view.setTimeout(() => this.#run(Number.POSITIVE_INFINITY), intervalMs)
    } else this.#frame = this.#view.requestAnimationFrame((now) => this.#run(now))
  }

  #cancel(): void {
    this.#view.cancelAnimationFrame(this.#frame)
    this.#view.clearTimeout(this.#timer)
    this.#frame = this.#timer = 0
  }

  readonly #onVisibility = (): void => {
    if (this.#frame === 0 && this.#timer === 0) return
    this.#cancel()
    this.#request()
  }

  #run(now: number): void {
    this.#cancel()
    const { performance } = this.#view
    const start = performance.now()
    const due = this.#dueAt(now, start)
    let deadline = start
    for (const { budgetMs } of due) deadline = Math.max(deadline, start + budgetMs)
    for (const entry of due) {
      if (entry !== due[0] && performance.now() >= deadline) break
      this.#waiting.delete(entry)
      entry.last = start
      if (entry.step(deadline)) this.#wait(entry, start)
    }
    if (this.#waiting.size > 0) this.#request()
  }

  // A frame comes a little early or late: an entry is due if this frame is nearer to its time than the next one.
  #dueAt(now: number, start: number): Entry[] {
    const due: Entry[] = []
    for (const entry of this.#waiting) if (now - entry.last >= entry.intervalMs * 0.75) due.push(entry)
    if (due.length < 2) return due
    const rank = ({ isNear, since }: Entry): number => (isNear || start - since > LONGEST_WAIT_MS ? 0 : 1)
    return due.sort((a, b) => rank(a) - rank(b) || a.since - b.since)
  }
}
