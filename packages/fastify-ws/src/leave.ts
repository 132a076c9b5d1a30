/** Something that has gathered bytes for the end of this tick. */
export interface Leaving {
  /** Whether it is on the list. Only the list touches it. */
  isLeaving: boolean
  leave(): void
}

let leaving: Leaving[] = []

/**
 * Has what was gathered leave when the code that runs now is done, once, however often it is asked: one entry in Node's
 * queue for all sockets of the process. Core flushes all streams in one go, so this is after the last of them.
 */
export function leaveSoon(item: Leaving): void {
  if (item.isLeaving) return
  item.isLeaving = true
  if (leaving.push(item) === 1) process.nextTick(leaveAll)
}

function leaveAll(): void {
  const items = leaving
  leaving = []
  for (const item of items) {
    item.isLeaving = false
    item.leave()
  }
}
