import { callEach } from '../call-each.ts'

/** An object that has gathered work for the end of this turn of the event loop. */
export interface Flushable {
  /** Whether it is on the list. Only the list changes it. */
  scheduled: boolean
  flush(): void
}

let due: Flushable[] = []
let turn = 0

/**
 * Flushes `item` once at the end of this turn of the event loop, even if it is asked for several times. All chunks that arrive
 * within a turn, for all streams of the process, leave together, and none waits for a timer: there is no other batching
 * (invariant 6 of `ARCHITECTURE.md`).
 */
export function flushSoon(item: Flushable): void {
  if (item.scheduled) return
  item.scheduled = true
  if (due.push(item) === 1) setImmediate(flushAll)
}

/** The items that wait for a timer, by delay: there is one timer for each delay in use. */
const later = new Map<number, Set<Flushable>>()

/** As {@link flushSoon}, within `delayMs` instead: fewer and larger writes, for viewers that chose to wait. */
export function flushWithin(item: Flushable, delayMs: number): void {
  let items = later.get(delayMs)
  if (items === undefined) {
    items = new Set()
    later.set(delayMs, items)
    setTimeout(flushLater, delayMs, delayMs)
  }
  items.add(item)
}

function flushLater(delayMs: number): void {
  const items = later.get(delayMs) ?? []
  later.delete(delayMs)
  for (const item of items) flushSoon(item)
}

/** A number that changes after each flush. A long loop compares it to see whether it has to yield to the event loop. */
export function currentTurn(): number {
  return turn
}

function flushAll(): void {
  const items = due
  due = []
  turn += 1
  callEach(items, (item) => {
    item.scheduled = false
    item.flush()
  })
}
