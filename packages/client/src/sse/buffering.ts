/** How long a connection may bring nothing before the server is asked, in milliseconds. Above its heartbeat, 15 s. */
const SILENCE_MS = 20_000

/**
 * Detects a proxy that buffers. Such a connection brings nothing until the stream has ended, not even a heartbeat,
 * though the server can be reached: `probe` makes another request, and any response that no gateway made proves it.
 * Calls `onBuffered` after each probe that succeeded. Ends with the first byte: the function that is returned.
 */
export function detectBuffering(
  probe: () => Promise<Response>,
  signal: AbortSignal,
  onBuffered: () => void,
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const stop = () => {
    clearTimeout(timer)
    isOver = true
  }
  let isOver = signal.aborted
  const wait = () => {
    if (!isOver) timer = setTimeout(check, SILENCE_MS)
  }
  const check = async () => {
    const response = await probe().catch(() => undefined)
    void response?.body?.cancel().catch(() => {})
    if (response && response.status < 500 && !isOver) onBuffered()
    wait()
  }
  signal.addEventListener('abort', stop)
  wait()
  return stop
}
