/** Runs a step once per frame for as long as the step asks for more. */
export interface Frames {
  /** Asks for a frame, if none is coming. */
  request(): void
  stop(): void
}

/**
 * Batches work per animation frame. In a hidden page no frame comes, so a timer does it there.
 *
 * @param step - does the work; returns whether there is more
 */
export function createFrames(view: Window, maxFps: number, step: () => boolean): Frames {
  const { document } = view
  const intervalMs = 1000 / maxFps
  let frame = 0
  let timer = 0
  let last = Number.NEGATIVE_INFINITY

  function run(): void {
    cancel()
    last = view.performance.now()
    if (step()) request()
  }

  // A frame comes a little early or late: what is nearer to this one than to the next is due.
  function onFrame(now: number): void {
    frame = 0
    if (now - last < intervalMs * 0.75) frame = view.requestAnimationFrame(onFrame)
    else run()
  }

  function cancel(): void {
    view.cancelAnimationFrame(frame)
    view.clearTimeout(timer)
    frame = timer = 0
  }

  function request(): void {
    if (frame !== 0 || timer !== 0) return
    if (document.hidden) timer = view.setTimeout(run, intervalMs)
    else frame = view.requestAnimationFrame(onFrame)
  }

  function onVisibility(): void {
    if (frame === 0 && timer === 0) return
    cancel()
    request()
  }

  document.addEventListener('visibilitychange', onVisibility)
  return {
    request,
    stop() {
      cancel()
      document.removeEventListener('visibilitychange', onVisibility)
    },
  }
}
