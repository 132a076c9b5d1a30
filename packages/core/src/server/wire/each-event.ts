import { Buffer } from 'node:buffer'
import type { EventRange } from '../log/segments.ts'
import { endOfObject, endOfString, endsObject, notJson, textStart } from './event-bytes.ts'

/** Memory that is kept for the next range. */
const KEPT_BYTES = 256 * 1024
const kept = Buffer.allocUnsafeSlow(KEPT_BYTES)

/**
 * Visits one event: its text is in `json` from `start` to `end`, until the visitor returns.
 * @param text the position of its `content`, a JSON string that ends right before `end - 1`; -1: it is no text event, or it has
 * fields that this version does not know
 */
export type JsonVisitor = (chunkId: number, json: Buffer, start: number, end: number, text: number) => void

/** Visits each event of a range in order. The range is copied at once: for so few bytes, each call of a copy costs more than they do. */
export function eachEvent(range: EventRange, visit: JsonVisitor): void {
  const { first, last, byteLength } = range
  const bytes = byteLength + last - first
  const json = bytes <= KEPT_BYTES ? kept : Buffer.allocUnsafeSlow(bytes)
  range.copy(json, 0)
  let start = 0
  for (let chunkId = first; chunkId <= last; chunkId++) {
    let text = textStart(json, start)
    let end = text === -1 ? 0 : endOfString(json, text) + 1
    if (text === -1 || !endsObject(json, end - 1)) {
      text = -1
      end = endOfObject(json, start)
    }
    // Behind them is what an earlier range has left, of another stream perhaps.
    if (end > bytes) throw notJson()
    visit(chunkId, json, start, end, text)
    // A comma is between each two.
    start = end + 1
  }
}
