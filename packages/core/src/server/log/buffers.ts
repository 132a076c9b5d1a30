import { Buffer } from 'node:buffer'

/** V8 counts one byte of this many. */
const TOLD = 4
/** Bytes that it was not told of and that are not yet made up for. */
let untold = 0

/**
 * Memory for the text of a log, with anything in it.
 *
 * V8 marks the whole heap for each few megabytes of new buffers that it is told of, to see what it can free, and of a
 * log that is being written it can free nothing: with a thousand streams that was every two seconds, for fifty
 * milliseconds on a core that others wanted. It does not count `SharedArrayBuffer`s, so most of a log's memory is
 * those. They are freed by its collections as all else, only they are no reason for one: of what was dropped, up to
 * four times as many megabytes wait for the next.
 */
export function logMemory(bytes: number): Buffer {
  if (untold >= (TOLD - 1) * bytes) {
    untold -= (TOLD - 1) * bytes
    return Buffer.allocUnsafeSlow(bytes)
  }
  untold += bytes
  return Buffer.from(new SharedArrayBuffer(bytes))
}
