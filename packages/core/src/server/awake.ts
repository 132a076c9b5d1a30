const DAY_MS = 86_400_000

/** Keeps the process alive until `work` is done: the wheel does not, and who waits may have nothing else that does. */
export function awakeUntil<T>(work: Promise<T>): Promise<T> {
  const awake = setInterval(() => {}, DAY_MS)
  return work.finally(() => clearInterval(awake))
}
