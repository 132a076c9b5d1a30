import { StreamingError } from '@sluice/core'

/**
 * A promise that `begin` settles, unless the signal is aborted first: then it rejects with the signal's reason.
 * `begin` returns how to stop what it began. Leaves no listener behind, however it ends.
 */
export function abortable<T>(
  signal: AbortSignal,
  begin: (resolve: (value: T) => void, reject: (reason: unknown) => void) => () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const end = () => {
      signal.removeEventListener('abort', abort)
      stop()
    }
    const fail = (reason: unknown) => {
      end()
      reject(reason)
    }
    const abort = () => fail(signal.reason)
    signal.addEventListener('abort', abort)
    const stop = begin((value) => {
      end()
      resolve(value)
    }, fail)
  })
}

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
