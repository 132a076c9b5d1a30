import { callEach } from '../call-each.ts'

/** Something that has gathered work for the end of this turn of the event loop. */
export interface Flushable {
  /** Whether it is on the list. Only the list touches it. */
  scheduled: boolean
  flush(): void
}

let due: Flushable[] = []
let turn = 0

/**
 * Has `item` flushed at the end of this turn of the event loop, once, however often it is asked. All chunks that
 * arrive within a turn, for all streams of the process, so leave together, and none waits for a timer: this is
 * the whole of the batching (invariant 6 of `ARCHITECTURE.md`).
 */
export function flushSoon(item: Flushable): void {
  if (item.scheduled) return
  item.scheduled = true
  if (due.push(item) === 1) setImmediate(flushAll)
}

/** What waits for a timer, by how long: one timer for each delay that is in use. */
const later = new Map<number, Set<Flushable>>()

/** As {@link flushSoon}, within `delayMs` instead: fewer and larger writes, if an option asks for the wait. */
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

/** A number that changes whenever a flush has happened. A long loop sees by it whether to yield. */
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
