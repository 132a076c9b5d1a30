/**
 * Flow control is absolute and cumulative. An ack says "I have processed everything through `chunkId`; you may
 * send through `limit`". Nothing is counted, so nothing leaks: an ack that is lost, repeated or late is repaired
 * by the next one. `SendWindow` is the server's view of it, `ReceiveWindow` the client's.
 */
export interface Ack {
  /** The last chunk_id that the viewer's consumer has processed; 0: none. */
  readonly chunkId: number
  /** The highest chunk_id that may be sent. @default chunkId + the declared window */
  readonly limit?: number | undefined
}

/** The default window of both ends, in chunks. */
export const WINDOW_DEFAULTS = {
  /**
   * The window of a viewer before anything is measured, and of one that declares none, in chunks. As tokens these
   * are some 16 KB, what TCP sends before it knows its line (ten segments, RFC 6928 §2).
   */
  initial: 256,
  /** The least that a window shrinks to. */
  floor: 16,
  /** The most that a viewer asks for, and that a server grants. */
  ceiling: 4096,
} as const

/** Whether a number can be a chunk_id or a limit: whole, not negative, exact. */
export function isChunkId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** Whether a number can be a window: whole, at least 1, exact. */
export function isWindow(value: unknown): value is number {
  return isChunkId(value) && value >= 1
}
