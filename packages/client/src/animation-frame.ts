/** The interval if there are no frames, in milliseconds. Browsers slow a hidden tab's timers down further. */
const HIDDEN_MS = 100

let due = new Set<() => void>()
/** The steps of the frame that runs, as far as they have not been called yet. */
let current = new Set<() => void>()
let stop = (): void => {}

/**
 * Calls `step` once with the next frame, however often it was asked for; in a hidden tab, and if there are no
 * frames, by timer. The updates of several hooks come in one turn, so that React makes one commit of them.
 */
export function requestFrame(step: () => void): void {
  due.add(step)
  if (due.size === 1) schedule()
}

/** Takes it back. */
export function cancelFrame(step: () => void): void {
  current.delete(step)
  if (due.delete(step) && due.size === 0) stop()
}

function schedule(): void {
  const page = globalThis.document as Document | undefined
  const hasFrames = typeof requestAnimationFrame === 'function' && !page?.hidden
  const next = hasFrames ? requestAnimationFrame(run) : setTimeout(run, HIDDEN_MS)
  page?.addEventListener('visibilitychange', reschedule)
  stop = () => {
    if (hasFrames) cancelAnimationFrame(next as number)
    else clearTimeout(next)
    page?.removeEventListener('visibilitychange', reschedule)
  }
}

/** A frame that was asked for does not come while the tab is hidden. */
function reschedule(): void {
  stop()
  schedule()
}

function run(): void {
  stop()
  ;[current, due] = [due, current]
  for (const step of current) {
    current.delete(step)
    step()
  }
}

/**
 * Calls `listener` at most once per frame, whenever the source has changed. All views of a page share the frame.
 * @returns the function that ends it.
 */
export function eachFrame(
  source: { subscribe(listener: () => void): () => void },
  listener: () => void,
): () => void {
  const unsubscribe = source.subscribe(() => requestFrame(listener))
  return () => {
    unsubscribe()
    cancelFrame(listener)
  }
}
