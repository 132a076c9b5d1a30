import { Buffer } from 'node:buffer'
import type { TextEventType } from './coalescer.ts'
import { ENVELOPE_BYTES, encodeText, writePlainText } from './encode.ts'

const FIRST_SEGMENT_BYTES = 256
const LARGEST_SEGMENT_BYTES = 64 * 1024
/** Characters up to which text is written one by one; a token has about four. */
const SHORT_TEXT = 64
const COMMA = 0x2c
const EMPTY = Buffer.alloc(0)

interface Segment {
  readonly bytes: Buffer
  /** The chunk_id of its first event. */
  readonly first: number
  /** Where each of its events ends in `bytes`. A comma follows it. */
  readonly ends: number[]
}

/** Visits one event: its chunk_id, and where its JSON text is. */
export type EventVisitor = (chunkId: number, bytes: Buffer, start: number, end: number) => void

/** A run of events that follow each other, as a transport frames them. It is valid until the log is trimmed. */
export interface EventRange {
  readonly first: number
  readonly last: number
  /** Bytes of JSON text, without any framing. */
  readonly byteLength: number
  forEach(visit: EventVisitor): void
}

/**
 * The text of a log: events as UTF-8 JSON in a few segments of bytes, with an index of where each ends. An
 * object per event would be what the garbage collector has to carry for as long as the answer is kept; this is
 * a handful of buffers outside its heap. Between two of them is a comma, as in a JSON array: who frames several as one
 * has them in one piece. Segments double from 256 bytes to 64 KiB, so that a short answer is small
 * and a long one is not copied as it grows.
 */
export class Segments {
  #segments: Segment[] = []
  readonly #largest: number
  #first: number
  #last: number
  #bytes = 0
  /** The bytes and the index of the last segment, and where in it the next event begins: at hand for each `append`. */
  #tail = EMPTY
  #tailEnds: number[] = []
  #tailUsed = 0

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
    // A UTF-16 code unit is at most three bytes of UTF-8; where that fits, nothing needs to be counted first.
    if (this.#tail.length - this.#tailUsed < json.length * 3 + 1) {
      const needed = Buffer.byteLength(json) + 1
      if (this.#tail.length - this.#tailUsed < needed) return this.#begin(json, needed)
    }
    return this.#added(this.#tailUsed + this.#tail.write(json, this.#tailUsed))
  }

  /** As {@link Segments.append} of the event that this text makes. */
  appendText(type: TextEventType, text: string): number {
    const chunkId = this.#last + 1
    const hasRoom = this.#tail.length - this.#tailUsed > ENVELOPE_BYTES + SHORT_TEXT
    const end =
      hasRoom && text.length <= SHORT_TEXT
        ? writePlainText(this.#tail, this.#tailUsed, type, chunkId, text)
        : -1
    return end === -1 ? this.append(encodeText(type, chunkId, text)) : this.#added(end)
  }

  /** An event was written up to `end`. Returns its bytes. */
  #added(end: number): number {
    const start = this.#tailUsed
    this.#tail[end] = COMMA
    this.#tailEnds.push(end)
    this.#tailUsed = end + 1
    this.#last += 1
    return end - start
  }

  /** The events after `after` and up to `through`, at least one of them, else as many as fit into `maxBytes`. */
  range(after: number, through: number, maxBytes: number): EventRange {
    const first = after + 1
    const top = Math.min(through, this.#last)
    let last = after
    let bytes = 0
    for (let at = find(this.#segments, first); at < this.#segments.length && last < top; at++) {
      const { ends, first: firstHere } = this.#segments[at]!
      // Mostly all of them fit; then none has to be looked at by itself.
      const [from, to] = [last + 1 - firstHere, Math.min(ends.length, top + 1 - firstHere)]
      const all = ends[to - 1]! - startOf(ends, from) - (to - 1 - from)
      if (bytes + all <= maxBytes) {
        bytes += all
        last = firstHere + to - 1
        continue
      }
      for (let index = from; index < to; index++) {
        const size = ends[index]! - startOf(ends, index)
        if (last > after && bytes + size > maxBytes) return new Range(this.#segments, first, last, bytes)
        bytes += size
        last += 1
      }
    }
    return new Range(this.#segments, first, last, bytes)
  }

  /** Lets go of whole segments whose events are all at or below `chunkId`, as long as `keepBytes` of them stay. */
  trim(chunkId: number, keepBytes: number): void {
    for (const segment of this.#segments.splice(0, this.#countTrimmable(chunkId, keepBytes))) {
      this.#bytes -= segment.bytes.length
      this.#first = lastOf(segment) + 1
    }
    if (this.#segments.length === 0) this.#closeTail()
  }

  /** Whether {@link Segments.trim} would let anything go. */
  canTrim(chunkId: number, keepBytes: number): boolean {
    return this.#countTrimmable(chunkId, keepBytes) > 0
  }

  #countTrimmable(chunkId: number, keepBytes: number): number {
    let passed = 0
    let passedBytes = 0
    while (passed < this.#segments.length && lastOf(this.#segments[passed]!) <= chunkId) {
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
    const last = this.#segments.at(-1)
    if (last === undefined) return
    this.#closeTail()
    const used = usedOf(last)
    if (used > last.bytes.length / 2) return
    this.#segments[this.#segments.length - 1] = { ...last, bytes: Buffer.from(last.bytes.subarray(0, used)) }
    this.#bytes -= last.bytes.length - used
  }

  /** Begins a segment with this event, which needs so many bytes with its comma. Returns its bytes of UTF-8. */
  #begin(json: string, needed: number): number {
    const previous = this.#segments.at(-1)
    const size = previous === undefined ? FIRST_SEGMENT_BYTES : previous.bytes.length * 2
    const bytes = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(size, this.#largest)))
    // Lists that are pushed to have room for seventeen at once, and many answers wait long for their second event.
    const ends = [bytes.write(json)]
    const segment = { bytes, first: this.#last + 1, ends }
    this.#segments = this.#segments.concat(segment)
    this.#bytes += bytes.length
    bytes[needed - 1] = COMMA
    this.#last += 1
    this.#tail = bytes
    this.#tailEnds = ends
    this.#tailUsed = needed
    return needed - 1
  }

  /** The next event begins a segment of its own. */
  #closeTail(): void {
    this.#tail = EMPTY
    this.#tailUsed = 0
  }
}

/** The index of the segment that has this chunk. Most readers are at the end, so it looks from there. */
function find(segments: readonly Segment[], chunkId: number): number {
  let at = segments.length - 1
  while (at > 0 && segments[at]!.first > chunkId) at--
  return Math.max(at, 0)
}

/** Where an event begins: behind the comma of the one before it. */
function startOf(ends: readonly number[], index: number): number {
  return index === 0 ? 0 : ends[index - 1]! + 1
}

/** How many bytes of a segment are taken. */
function usedOf({ ends }: Segment): number {
  return startOf(ends, ends.length)
}

/** The chunk_id of a segment's last event. */
function lastOf({ first, ends }: Segment): number {
  return first + ends.length - 1
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
    let chunkId = this.first
    for (let at = find(this.#segments, chunkId); at < this.#segments.length; at++) {
      const { bytes, first, ends } = this.#segments[at]!
      for (let index = chunkId - first; index < ends.length && chunkId <= this.last; index++, chunkId++) {
        visit(chunkId, bytes, startOf(ends, index), ends[index]!)
      }
      if (chunkId > this.last) return
    }
  }
}
