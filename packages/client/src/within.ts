/** Awaits, and calls `onLate` if that takes longer than `limitMs`. Leaves no timer behind. */
export async function within<T>(limitMs: number, awaited: Promise<T>, onLate: () => void): Promise<T> {
  const timer = setTimeout(onLate, limitMs)
  try {
    return await awaited
  } finally {
    clearTimeout(timer)
  }
}
