import { StreamingError } from '@sluice/core'

/** Awaits what belongs to an attempt, and ends that as lost if it takes longer. Leaves no timer behind. */
export async function within<T>(limitMs: number, awaited: Promise<T>, attempt: AbortController): Promise<T> {
  const timer = setTimeout(
    () => attempt.abort(new StreamingError('connection_lost', `Nothing came for ${limitMs} ms.`)),
    limitMs,
  )
  try {
    return await awaited
  } finally {
    clearTimeout(timer)
  }
}
