import type { EventRange } from '@sluice/core/server'
import { encodeEntries, textOf } from '../database/entries.ts'
import type { Batch, Change } from '../threads/messages.ts'
import { Journal } from './journal.ts'

/**
 * The most text that one transaction takes, in bytes: the event loop waits for about a millisecond while it is written, or, if
 * a thread writes it, the others wait for it.
 */
const BATCH_BYTES = 256 * 1024
/** Text of one stream from which it goes into a page, in bytes. */
const PAGE_BYTES = 32 * 1024
const LARGEST_PAGE_BYTES = 64 * 1024

/** A stream whose events are written. */
export interface OutgoingStream {
  readonly no: number
  /** Whether it is on the list of those with something to write. Only the packer changes it. */
  isListed: boolean
  /** The events up to this chunk_id were sent, those up to `pagedThrough` in a page. */
  sentThrough: number
  pagedThrough: number
  /** The chunk_id of the last event that was appended, and of the first that is still in memory. */
  readonly appended: number
  readonly firstKept: number
  /** The chunk_id of its terminal event, once it is appended. */
  readonly endId: number | undefined
  /** Some of its events, from memory. */
  events(after: number, through: number, maxBytes: number): EventRange
  /** The file has the events up to `last`. */
  written(last: number): void
}

/** A batch, and the streams that it has events of. */
export interface Packed {
  readonly batch: Batch
  /** Bytes of text in it. */
  readonly bytes: number
  readonly streams: readonly { readonly stream: OutgoingStream; readonly last: number }[]
}

/**
 * Packs what streams have appended into batches: a little goes into the journal, together with that of all others; much, and
 * the end of a stream, into a page of its own.
 */
export class Packer {
  readonly #journal = new Journal<OutgoingStream>()
  #listed: OutgoingStream[] = []
  #seq: number

  /** @param seq - the number of the last batch that the file has */
  constructor(seq: number) {
    this.#seq = seq
  }

  get isEmpty(): boolean {
    return this.#listed.length === 0
  }

  /** The stream has events that are not sent. */
  add(stream: OutgoingStream): void {
    if (stream.isListed) return
    stream.isListed = true
    this.#listed.push(stream)
  }

  /** @param changes - those that go before the events; they are added to */
  pack(changes: Change[]): Packed {
    this.#seq += 1
    const streams: { stream: OutgoingStream; last: number }[] = []
    const appended: { no: number; range: EventRange }[] = []
    let bytes = 0
    let taken = 0
    for (const stream of this.#listed) {
      if (bytes > BATCH_BYTES) break
      taken += 1
      stream.isListed = false
      bytes += this.#take(stream, changes, appended)
      streams.push({ stream, last: stream.sentThrough })
    }
    this.#listed = taken === this.#listed.length ? [] : this.#listed.slice(taken)
    for (const stream of this.#journal.tooOld()) {
      bytes += this.#page(stream, changes)
      streams.push({ stream, last: stream.sentThrough })
    }
    const entries = appended.length === 0 ? undefined : encodeEntries(appended)
    const journalFrom = this.#journal.obsoleteBelow(this.#seq, entries?.byteLength ?? 0)
    return { batch: { seq: this.#seq, entries, changes, journalFrom }, bytes, streams }
  }

  /** Takes what a stream has for the journal, or for a page if it is enough or the last. Returns its bytes. */
  #take(stream: OutgoingStream, changes: Change[], appended: { no: number; range: EventRange }[]): number {
    const { no, appended: last, endId } = stream
    const after = Math.max(stream.sentThrough, stream.firstKept - 1)
    stream.sentThrough = last
    if (last <= after) return 0
    const range = stream.events(after, last, Number.POSITIVE_INFINITY)
    const isLast = last === endId
    if (isLast || this.#journal.bytesOf(stream) + range.byteLength >= PAGE_BYTES) {
      const bytes = this.#page(stream, changes)
      if (isLast) changes.push({ do: 'end', no, last, endedAt: Date.now() })
      return bytes
    }
    appended.push({ no, range })
    this.#journal.add(stream, this.#seq, range.byteLength)
    return range.byteLength
  }

  /** Has all that is sent and in no page yet written into pages. Returns its bytes. */
  #page(stream: OutgoingStream, changes: Change[]): number {
    const { no, sentThrough } = stream
    let written = 0
    let after = Math.max(stream.pagedThrough, stream.firstKept - 1)
    while (after < sentThrough) {
      const range = stream.events(after, sentThrough, LARGEST_PAGE_BYTES)
      const { first, last, byteLength } = range
      changes.push({ do: 'page', no, first, last, text: textOf(range) })
      written += byteLength
      after = last
    }
    stream.pagedThrough = sentThrough
    this.#journal.forget(stream)
    return written
  }
}
