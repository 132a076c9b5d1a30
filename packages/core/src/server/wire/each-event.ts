import { Buffer } from 'node:buffer'
import type { EventRange } from '../log/segments.ts'

/** Memory that is kept for the next range. */
const KEPT_BYTES = 256 * 1024

const scratch = Buffer.allocUnsafeSlow(KEPT_BYTES)

/** Visits one event: its text is at the start of `json`, up to `end`, until the visitor returns. */
export type JsonVisitor = (chunkId: number, json: Buffer, end: number) => void

/** Visits each event of a range in order. The text of all of them is in one piece of memory, one after the other. */
export function eachEvent(range: EventRange, visit: JsonVisitor): void {
  const json = range.byteLength <= KEPT_BYTES ? scratch : Buffer.allocUnsafeSlow(range.byteLength)
  const end = range.copyEach(json, 0, (chunkId, at) => {
    if (chunkId > range.first) visit(chunkId - 1, json, at)
    return 0
  })
  if (range.last >= range.first) visit(range.last, json, end)
}
