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
