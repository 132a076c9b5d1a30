import type { Mark } from '../observation/mark.ts'

/** A time for which there was a connection, or one was asked for. `performance.now()`, in milliseconds. */
export interface Connection {
  readonly from: number
  readonly to: number
  readonly isOpen: boolean
}

/** The connections of a stream, from what was seen of it. One that stands lasts until `now`. */
export function connectionsOf(marks: readonly Mark[], now: number): readonly Connection[] {
  const connections: Connection[] = []
  let last: { from: number; isOpen: boolean } | undefined
  const close = (to: number) => {
    if (last !== undefined) connections.push({ ...last, to })
    last = undefined
  }
  for (const { kind, at } of marks) {
    if (kind === 'ask' || kind === 'open') {
      close(at)
      last = { from: at, isOpen: kind === 'open' }
    } else if (kind === 'lost' || kind === 'end' || kind === 'cancel') close(at)
  }
  close(now)
  return connections
}
