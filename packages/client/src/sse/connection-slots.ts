import { abortable } from '../network/abortable.ts'

/** Waits for a connection slot, and calls `onWait` if none is free. The slot is free again when `signal` is aborted. */
export type ConnectionSlots = (signal: AbortSignal, onWait: () => void) => Promise<void>

/** Slots of one page, or of one transport in Node. */
interface Slots {
  used: number
  readonly waiting: (() => void)[]
}

const slotsOfOrigin = new Map<string, Slots>()

/**
 * At most `limit` streams are open at once, the rest wait in the order they came. Browsers open six connections to an
 * origin over HTTP/1.1 for all tabs together, and queue every further request. So the tabs of an origin share the
 * slots by Web Locks; if a browser has none (on an insecure origin), the clients of one page share them.
 */
export function connectionSlots(url: () => string, limit: number): ConnectionSlots {
  // Node has no such limit, though it has locks.
  const isPage = globalThis.location !== undefined
  const locks = isPage && globalThis.navigator?.locks
  const own: Slots = { used: 0, waiting: [] }
  return (signal, onWait) => {
    const { origin } = new URL(url())
    if (locks) {
      const names = Array.from({ length: limit }, (_, index) => `sluice:${origin}:${index}`)
      return takeLock(locks, names, signal, onWait)
    }
    const slots = isPage ? (slotsOfOrigin.get(origin) ?? own) : own
    if (isPage) slotsOfOrigin.set(origin, slots)
    return takeSlot(slots, limit, signal, onWait)
  }
}

async function takeSlot(slots: Slots, limit: number, signal: AbortSignal, onWait: () => void): Promise<void> {
  if (slots.used < limit) slots.used += 1
  else {
    onWait()
    await abortable<void>(signal, (resolve) => {
      slots.waiting.push(resolve)
      return () => {
        const index = slots.waiting.indexOf(resolve)
        if (index >= 0) slots.waiting.splice(index, 1)
      }
    })
  }
  onAbort(signal, () => {
    // Handed over, not freed: a request that comes in between may not overtake.
    const next = slots.waiting.shift()
    if (next === undefined) slots.used -= 1
    else next()
  })
}

/** One of several locks (W3C Web Locks API), held until the signal is aborted. */
function takeLock(
  locks: LockManager,
  names: readonly string[],
  signal: AbortSignal,
  onWait: () => void,
): Promise<void> {
  // Whether one is free is not known at once.
  onWait()
  const waiting = new AbortController()
  const stop = () => waiting.abort()
  onAbort(signal, stop)
  return new Promise((resolve, reject) => {
    const take = () => {
      // Two may be granted before the wait for the rest is over.
      if (waiting.signal.aborted) return
      stop()
      resolve()
      return new Promise<void>((release) => onAbort(signal, release))
    }
    for (const name of names) locks.request(name, { signal: waiting.signal }, take).catch(reject)
  })
}

function onAbort(signal: AbortSignal, act: () => void): void {
  if (signal.aborted) act()
  else signal.addEventListener('abort', act)
}
