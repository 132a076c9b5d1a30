/** An object that has gathered bytes, to be written at the end of this tick. */
export interface Flushable {
  /** Whether it is on the list. Only the list changes it. */
  isScheduled: boolean
  flush(): void
}

let scheduled: Flushable[] = []

/**
 * Flushes `item` once, after the code that runs now, even if it is asked for several times. All sockets of the process
 * share one entry in Node's queue of ticks. Core flushes all streams in one go, so this runs after the last of them.
 */
export function flushAfterTick(item: Flushable): void {
  if (item.isScheduled) return
  item.isScheduled = true
  if (scheduled.push(item) === 1) process.nextTick(flushAll)
}

function flushAll(): void {
  const items = scheduled
  scheduled = []
  for (const item of items) {
    item.isScheduled = false
    item.flush()
  }
}
