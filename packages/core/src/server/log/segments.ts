import { Buffer } from 'node:buffer'
import type { TextEventType } from '../run/coalescer.ts'
import { ENVELOPE_BYTES, encodeText, writePlainText } from '../run/encode.ts'
import { logMemory } from './buffers.ts'

const FIRST_SEGMENT_BYTES = 256
const LARGEST_SEGMENT_BYTES = 64 * 1024
/** Characters up to which text is written one by one; a token has about four. */
const SHORT_TEXT = 64
const COMMA = 0x2c
const EMPTY = Buffer.alloc(0)
/** The size of an entry in a segment's index. */
const PLACE_BYTES = 4
/** The bytes of an event besides its text: the comma, and its entry in the index. */
const OVERHEAD_BYTES = 1 + PLACE_BYTES

interface Segment {
  /** Events from the front, with a comma behind each; from the back, the offset of the end of each. */
  readonly bytes: Buffer
  /** The chunk_id of its first event. */
  readonly first: number
}

/** Visits one event: its chunk_id, and its JSON text in UTF-8, in a separate buffer. */
export type EventVisitor = (chunkId: number, json: Buffer) => void

/**
 * Writes into the target of {@link EventRange.copyEach} what comes before the text of the event `chunkId`, from `at`.
 * Returns the position at which that text begins.
 */
export type EventPrefix = (chunkId: number, at: number) => number

/** A run of events that follow each other, as a transport frames them. It is valid until the log is trimmed. */
export interface EventRange {
  readonly first: number
  readonly last: number
  /** Bytes of JSON text, without any framing. */
  readonly byteLength: number
  /**
   * Visits each event in order. Each text is a copy in a separate `ArrayBuffer`, which the visitor may keep, change
   * or transfer (to a worker, or into a stream of type `bytes`). A framing that writes one frame of many events uses
   * {@link EventRange.copyEach}, which allocates nothing.
   */
  forEach(visit: EventVisitor): void
  /**
   * Copies the text of each event into `target`, from `start`, after what `before` writes there. Returns the position
   * after the last text. `target` must have space for `byteLength` bytes and all that `before` writes.
   *
   * @example
   * const lines: Framing = (range) => {
   *   const frame = Buffer.alloc(range.byteLength + range.last - range.first, '\n')
   *   range.copyEach(frame, 0, (chunkId, at) => (chunkId === range.first ? at : at + 1))
   *   return frame
   * }
   */
  copyEach(target: Buffer, start: number, before: EventPrefix): number
  /**
   * Copies their text with a comma between each two, as it stands in a JSON array; that is `last - first` bytes more
   * than `byteLength`. Returns its end.
   */
  copy(target: Buffer, start: number): number
}

/**
 * The text of a log: events as UTF-8 JSON in a few segments of bytes, as the pages of a database have their rows, with
 * an index of their end offsets that grows toward them from the other side. An object, or a number in a list, per event
 * would be what the garbage collector has to carry for as long as the answer is kept; this is a handful of buffers
 * outside its heap. Between two events is a comma, as in a JSON array: several events of one frame are one piece.
 * Segments double from 256 bytes to 64 KiB, so that a short answer is small and a long one is not copied as it grows.
 */
export class Segments {
  #segments: Segment[] = []
  readonly #largest: number
  #first: number
  #last: number
  #bytes = 0
  /** The bytes of the last segment, and the offsets of its next event and of its index: at hand for each `append`. */
  #tail: Buffer = EMPTY
  #tailUsed = 0
  #tailIndex = 0

  /**
   * @param largestSegmentBytes Trimming is by segment, so a log with a small bound wants them small. @default 64 KiB
   * @param after The chunk_id before the first event that will be held: a part of a log begins anywhere. @default 0
   */
  constructor(largestSegmentBytes = LARGEST_SEGMENT_BYTES, after = 0) {
    this.#first = after + 1
    this.#last = after
    this.#largest = Math.max(FIRST_SEGMENT_BYTES, Math.min(largestSegmentBytes, LARGEST_SEGMENT_BYTES))
  }

  /** The lowest chunk_id that is still here (`last + 1` when there is none). */
  get first(): number {
    return this.#first
  }

  get last(): number {
    return this.#last
  }

  /** Bytes held, free room at the end of segments included: what it costs. */
  get byteLength(): number {
    return this.#bytes
  }

  /** Adds the event that has chunk_id `last + 1`. Returns its bytes of UTF-8. */
  append(json: string): number {
    // A UTF-16 code unit is at most three bytes of UTF-8; if that fits, nothing needs to be counted first.
    if (this.#room < json.length * 3) {
      const needed = Buffer.byteLength(json)
      if (this.#room < needed) this.#begin(needed)
    }
    return this.#added(this.#tailUsed + this.#tail.write(json, this.#tailUsed))
  }

  /** As {@link Segments.append} of the event that this text makes. */
  appendText(type: TextEventType, text: string): number {
    const chunkId = this.#last + 1
    const end =
      this.#room >= ENVELOPE_BYTES + SHORT_TEXT && text.length <= SHORT_TEXT
        ? writePlainText(this.#tail, this.#tailUsed, type, chunkId, text)
        : -1
    return end === -1 ? this.append(encodeText(type, chunkId, text)) : this.#added(end)
  }

  /** How long the text of one more event may be in the last segment; below 0 if there is no segment. */
  get #room(): number {
    return this.#tailIndex - this.#tailUsed - OVERHEAD_BYTES
  }

  /** An event was written up to `end`. Returns its bytes. */
  #added(end: number): number {
    const bytes = end - this.#tailUsed
    this.#tail[end] = COMMA
    this.#tailIndex -= PLACE_BYTES
    writePlace(this.#tail, this.#tailIndex, end)
    this.#tailUsed = end + 1
    this.#last += 1
    return bytes
  }

  /** The events after `after` and up to `through`, at least one of them, else as many as fit into `maxBytes`. */
  range(after: number, through: number, maxBytes: number): EventRange {
    const first = after + 1
    const top = Math.min(through, this.#last)
    let last = after
    let bytes = 0
    for (let at = find(this.#segments, first); at < this.#segments.length && last < top; at++) {
      const segment = this.#segments[at]!
      const lastHere = lastOf(this.#segments, at, top)
      // Mostly all of them fit; then none has to be looked at by itself.
      const all = endOf(segment, lastHere) - startOf(segment, last + 1) - (lastHere - last - 1)
      if (bytes + all <= maxBytes) {
        bytes += all
        last = lastHere
        continue
      }
      for (; last < lastHere; last++) {
        const size = endOf(segment, last + 1) - startOf(segment, last + 1)
        if (last > after && bytes + size > maxBytes) return new Range(this.#segments, first, last, bytes)
        bytes += size
      }
    }
    return new Range(this.#segments, first, last, bytes)
  }

  /** Lets go of whole segments whose events are all at or below `chunkId`, as long as `keepBytes` of them stay. */
  trim(chunkId: number, keepBytes: number): void {
    for (const { bytes } of this.#segments.splice(0, this.#countTrimmable(chunkId, keepBytes))) {
      this.#bytes -= bytes.length
    }
    this.#first = this.#segments[0]?.first ?? this.#last + 1
    if (this.#segments.length === 0) this.#closeTail()
  }

  /** Whether {@link Segments.trim} would let anything go. */
  canTrim(chunkId: number, keepBytes: number): boolean {
    return this.#countTrimmable(chunkId, keepBytes) > 0
  }

  #countTrimmable(chunkId: number, keepBytes: number): number {
    let passed = 0
    let passedBytes = 0
    while (passed < this.#segments.length && lastOf(this.#segments, passed, this.#last) <= chunkId) {
      passedBytes += this.#segments[passed]!.bytes.length
      passed += 1
    }
    let count = 0
    while (count < passed && passedBytes - this.#segments[count]!.bytes.length >= keepBytes) {
      passedBytes -= this.#segments[count]!.bytes.length
      count += 1
    }
    return count
  }

  /** Gives back the unused end of the last segment: nothing more will come. */
  seal(): void {
    const segment = this.#segments.at(-1)
    if (segment === undefined || this.#tail === EMPTY) return
    const { bytes, first } = segment
    const index = bytes.subarray(this.#tailIndex)
    const needed = this.#tailUsed + index.length
    if (needed <= bytes.length / 2) {
      const sealed = logMemory(needed)
      index.copy(sealed, bytes.copy(sealed, 0, 0, this.#tailUsed))
      this.#segments[this.#segments.length - 1] = { bytes: sealed, first }
      this.#bytes -= bytes.length - needed
    }
    this.#closeTail()
  }

  /** Begins a segment for an event of this many bytes. */
  #begin(textBytes: number): void {
    const previous = this.#segments.at(-1)
    const size = previous === undefined ? FIRST_SEGMENT_BYTES : previous.bytes.length * 2
    const bytes = logMemory(Math.max(textBytes + OVERHEAD_BYTES, Math.min(size, this.#largest)))
    this.#segments = this.#segments.concat({ bytes, first: this.#last + 1 })
    this.#bytes += bytes.length
    this.#tail = bytes
    this.#tailUsed = 0
    this.#tailIndex = bytes.length
  }

  /** The next event begins a new segment. */
  #closeTail(): void {
    this.#tail = EMPTY
    this.#tailUsed = 0
    this.#tailIndex = 0
  }
}

/** The index of the segment that has this chunk. Most readers are at the end, so it looks from there. */
function find(segments: readonly Segment[], chunkId: number): number {
  let at = segments.length - 1
  while (at > 0 && segments[at]!.first > chunkId) at--
  return Math.max(at, 0)
}

/** The end of an event. */
function endOf({ bytes, first }: Segment, chunkId: number): number {
  const at = bytes.length - (chunkId - first + 1) * PLACE_BYTES
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

/** By hand, because it is done for each event, and `Buffer` would check what it is given. */
function writePlace(bytes: Buffer, at: number, place: number): void {
  bytes[at] = place
  bytes[at + 1] = place >>> 8
  bytes[at + 2] = place >>> 16
  bytes[at + 3] = place >>> 24
}

/** The start of an event: after the comma of the one before it. */
function startOf(segment: Segment, chunkId: number): number {
  return chunkId === segment.first ? 0 : endOf(segment, chunkId - 1) + 1
}

/** The chunk_id of a segment's last event, at most `through`. */
function lastOf(segments: readonly Segment[], at: number, through: number): number {
  return at + 1 < segments.length ? Math.min(through, segments[at + 1]!.first - 1) : through
}

class Range implements EventRange {
  readonly first: number
  readonly last: number
  readonly byteLength: number
  readonly #segments: readonly Segment[]

  constructor(segments: readonly Segment[], first: number, last: number, byteLength: number) {
    this.#segments = segments
    this.first = first
    this.last = last
    this.byteLength = byteLength
  }

  forEach(visit: EventVisitor): void {
    let at = find(this.#segments, this.first)
    for (let chunkId = this.first; chunkId <= this.last; chunkId++) {
      if (this.#segments[at + 1]?.first === chunkId) at += 1
      const segment = this.#segments[at]!
      const start = startOf(segment, chunkId)
      const end = endOf(segment, chunkId)
      // Not from Node's pool of memory: a transfer would take it from all other users of the pool.
      const json = Buffer.allocUnsafeSlow(end - start)
      segment.bytes.copy(json, 0, start, end)
      visit(chunkId, json)
    }
  }

  copyEach(target: Buffer, start: number, before: EventPrefix): number {
    let position = start
    let chunkId = this.first
    for (let at = find(this.#segments, chunkId); chunkId <= this.last; at++) {
      const segment = this.#segments[at]!
      const lastHere = lastOf(this.#segments, at, this.last)
      for (let from = startOf(segment, chunkId); chunkId <= lastHere; chunkId++) {
        const to = endOf(segment, chunkId)
        position = before(chunkId, position)
        position += segment.bytes.copy(target, position, from, to)
        from = to + 1
      }
    }
    return position
  }

  copy(target: Buffer, start: number): number {
    let end = start
    let chunkId = this.first
    for (let at = find(this.#segments, chunkId); chunkId <= this.last; at++) {
      const segment = this.#segments[at]!
      const lastHere = lastOf(this.#segments, at, this.last)
      if (chunkId > this.first) target[end++] = COMMA
      end += segment.bytes.copy(target, end, startOf(segment, chunkId), endOf(segment, lastHere))
      chunkId = lastHere + 1
    }
    return end
  }
}
