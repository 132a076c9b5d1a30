import { Attempt } from './network/attempt.ts'
import { toFailure } from './network/failures.ts'
import type { Transport } from './transport.ts'

/** Options of {@link auto}. */
export interface AutoOptions {
  /** The transport that is tried first: `ws({ … })`. */
  readonly ws: Transport
  /** The transport for networks that block WebSockets: `sse({ … })`, to the same server. */
  readonly sse: Transport
  /** How long a WebSocket may take to connect and to answer, in milliseconds, before SSE is tried. @default 5_000 */
  readonly connectMs?: number
  /** How long SSE is used before a WebSocket is tried again, in milliseconds. @default 600_000 */
  readonly rememberMs?: number
}

const STORAGE_KEY = 'sluice-auto'

/**
 * WebSocket if the network lets it through, else SSE, in mid-answer too. A proxy that answers the upgrade with an error,
 * or not at all, costs the first stream a moment; for `rememberMs` after that, also over a reload of the page, streams
 * go over SSE at once. A request that is too long for a WebSocket of the server goes over SSE alone.
 *
 * @example
 * createClient({ transport: auto({ ws: ws({ url: '/streams/ws' }), sse: sse({ url: '/streams' }) }) })
 */
export function auto({ ws, sse, connectMs = 5_000, rememberMs = 600_000 }: AutoOptions): Transport {
  let blockedUntil = read()
  const isBlocked = () => Date.now() < blockedUntil
  /** The attempts that already have a connection of SSE. */
  const ready = new WeakSet<AbortSignal>()

  /** Over WebSocket, or else over SSE. If the server refuses a request over one, it refuses it over the other too. */
  async function either<T>(
    signal: AbortSignal,
    overWs: (signal: AbortSignal) => Promise<T>,
    overSse: () => Promise<T>,
  ): Promise<T> {
    if (isBlocked()) return overSse()
    const attempt = new Attempt()
    signal.addEventListener('abort', () => attempt.end(signal.reason))
    try {
      return await attempt.within(connectMs, overWs(attempt.signal))
    } catch (thrown) {
      const { type, status, cause } = toFailure(thrown)
      // A failure with a cause was none of the server: there is no WebSocket here, for instance.
      const isBlocking = type === 'connection_lost' || cause !== undefined
      if (signal.aborted || (!isBlocking && status !== 413)) throw thrown
      const result = await overSse()
      if (isBlocking) {
        blockedUntil = Date.now() + rememberMs
        write(blockedUntil)
      }
      return result
    }
  }

  return {
    async ready(signal, onWait) {
      if (!isBlocked()) return
      ready.add(signal)
      await sse.ready?.(signal, onWait)
    },

    open: (request, signal, onBuffered) =>
      either(
        signal,
        (attempt) => ws.open(request, attempt, onBuffered),
        async () => {
          if (!ready.has(signal)) await sse.ready?.(signal, () => {})
          return sse.open(request, signal, onBuffered)
        },
      ),

    cancel: (request, signal) =>
      either(
        signal,
        (attempt) => ws.cancel(request, attempt),
        () => sse.cancel(request, signal),
      ),

    sendOnLeave: (request) => sse.sendOnLeave?.(request),
  }
}

function read(): number {
  try {
    return Number(globalThis.window?.sessionStorage.getItem(STORAGE_KEY) ?? 0)
  } catch {
    // A storage that is forbidden: this page finds out by itself.
    return 0
  }
}

function write(until: number): void {
  try {
    globalThis.window?.sessionStorage.setItem(STORAGE_KEY, `${until}`)
  } catch {
    // Only the next page does not know it.
  }
}
