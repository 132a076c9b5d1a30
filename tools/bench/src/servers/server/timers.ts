/** Timers that run in this process, from now on: how many a server has for its connections. */
export function countTimers(): ReadonlySet<unknown> {
  const running = new Set<unknown>()
  const { setInterval, clearInterval, setTimeout, clearTimeout } = globalThis
  globalThis.setInterval = Object.assign((...given: Parameters<typeof setInterval>) => {
    const timer = setInterval(...given)
    running.add(timer)
    return timer
  }, setInterval) as typeof setInterval
  globalThis.setTimeout = Object.assign((...[ring, ...given]: Parameters<typeof setTimeout>) => {
    const timer: NodeJS.Timeout = setTimeout(
      (...args: never[]) => {
        running.delete(timer)
        ring(...args)
      },
      ...given,
    )
    running.add(timer)
    return timer
  }, setTimeout) as typeof setTimeout
  globalThis.clearInterval = (timer) => {
    running.delete(timer)
    clearInterval(timer)
  }
  globalThis.clearTimeout = (timer) => {
    running.delete(timer)
    clearTimeout(timer)
  }
  return running
}
