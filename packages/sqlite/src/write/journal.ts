/** The journal's size at which the streams with the oldest text in it are written into pages, in bytes. */
const LONGEST_JOURNAL_BYTES = 16 * 1024 * 1024
/** How much of it has to be obsolete for a deletion to be worth it, in bytes. */
const DELETED_BYTES = 1024 * 1024

interface Claim {
  /** The row of the journal with the first of its events that are in no page. */
  readonly from: number
  bytes: number
}

/**
 * Which rows of the journal are still needed: those with events that are in no page yet. The next start of the process reads
 * them all, so there must not be many.
 */
export class Journal<Stream> {
  /** In the order of `from`: a stream is added again after each page. */
  readonly #claims = new Map<Stream, Claim>()
  /** The rows that are there, the oldest first. */
  #rows: { readonly seq: number; readonly bytes: number }[] = []
  /** How many of the first rows nobody needs, and the bytes of those, and of all. */
  #obsolete = 0
  #obsoleteBytes = 0
  #bytes = 0

  /** How much of a stream is in the journal and in no page, in bytes. */
  bytesOf(stream: Stream): number {
    return this.#claims.get(stream)?.bytes ?? 0
  }

  /** The row `seq` has this number of bytes of the stream. */
  add(stream: Stream, seq: number, bytes: number): void {
    const claim = this.#claims.get(stream)
    if (claim === undefined) this.#claims.set(stream, { from: seq, bytes })
    else claim.bytes += bytes
  }

  /** The stream needs no row any more: its events are in pages. */
  forget(stream: Stream): void {
    this.#claims.delete(stream)
  }

  /** The streams that keep the journal from being shorter, if it is too long. The caller writes each into pages. */
  *tooOld(): Generator<Stream> {
    for (const [stream, { from }] of this.#claims) {
      this.#countObsolete(from)
      if (this.#bytes - this.#obsoleteBytes <= LONGEST_JOURNAL_BYTES) return
      yield stream
    }
  }

  /** Adds a row of this size. Returns the row below which they can be deleted; `undefined` if that is not worth it yet. */
  obsoleteBelow(seq: number, bytes: number): number | undefined {
    if (bytes > 0) {
      this.#rows.push({ seq, bytes })
      this.#bytes += bytes
    }
    const [oldest] = this.#claims.values()
    const below = oldest?.from ?? seq + 1
    this.#countObsolete(below)
    if (this.#obsoleteBytes < DELETED_BYTES) return undefined
    this.#rows = this.#rows.slice(this.#obsolete)
    this.#bytes -= this.#obsoleteBytes
    this.#obsolete = 0
    this.#obsoleteBytes = 0
    return below
  }

  /** The first row that somebody needs only ever moves on. */
  #countObsolete(below: number): void {
    for (
      let row = this.#rows[this.#obsolete];
      row !== undefined && row.seq < below;
      row = this.#rows[this.#obsolete]
    ) {
      this.#obsoleteBytes += row.bytes
      this.#obsolete += 1
    }
  }
}
