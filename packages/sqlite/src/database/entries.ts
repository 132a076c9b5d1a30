import type { EventRange } from '@sluice/core/server'

/** Bytes before the text of an entry: the number of its stream, the chunk_id of its first event, the length of its text. */
const HEAD_BYTES = 12
const NEWLINE = 0x0a

/** Events of one stream, one a line, in the journal or in a page. JSON text has no raw line break, so a line is an event. */
export interface Entry {
  readonly no: number
  readonly first: number
  readonly text: Buffer
}

/** The size of the text of these events, one a line. */
export function textBytes({ first, last, byteLength }: EventRange): number {
  return byteLength + last - first
}

/** Writes the events, one a line. Returns the position after the last. */
export function writeText(range: EventRange, target: Buffer, start: number): number {
  return range.copyEach(target, start, (chunkId, at) => {
    if (chunkId === range.first) return at
    target[at] = NEWLINE
    return at + 1
  })
}

/** The text of these events as bytes that can be transferred to a thread. */
export function textOf(range: EventRange): Buffer<ArrayBuffer> {
  const text = Buffer.allocUnsafeSlow(textBytes(range))
  writeText(range, text, 0)
  return text
}

/** The events of several streams, as one row of the journal has them. */
export function encodeEntries(
  parts: readonly { readonly no: number; readonly range: EventRange }[],
): Buffer<ArrayBuffer> {
  let size = 0
  for (const { range } of parts) size += HEAD_BYTES + textBytes(range)
  const entries = Buffer.allocUnsafeSlow(size)
  let at = 0
  for (const { no, range } of parts) {
    entries.writeUInt32LE(no, at)
    entries.writeUInt32LE(range.first, at + 4)
    entries.writeUInt32LE(textBytes(range), at + 8)
    at = writeText(range, entries, at + HEAD_BYTES)
  }
  return entries
}

/** Reads what {@link encodeEntries} has written. */
export function* decodeEntries(bytes: Uint8Array): Generator<Entry> {
  const entries = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at < entries.length; ) {
    const start = at + HEAD_BYTES
    const end = start + entries.readUInt32LE(at + 8)
    yield {
      no: entries.readUInt32LE(at),
      first: entries.readUInt32LE(at + 4),
      text: entries.subarray(start, end),
    }
    at = end
  }
}

/** The events in a text, one by one. */
export function* linesOf(bytes: Uint8Array): Generator<string> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at <= text.length; ) {
    const end = text.indexOf(NEWLINE, at)
    const stop = end === -1 ? text.length : end
    yield text.toString('utf8', at, stop)
    at = stop + 1
  }
}
