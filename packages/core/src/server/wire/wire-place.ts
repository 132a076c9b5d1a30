import { StreamingError, toStreamingError } from '../../errors.ts'
import type { StreamEvent } from '../../events.ts'
import type { DetachReason, Sink, StatefulFraming, Viewer } from '../delivery/viewer.ts'
import { disconnection } from '../hub/event-reader.ts'
import type { StreamHandle } from '../hub/handle.ts'
import type { EventRange } from '../log/segments.ts'
import { eachEvent } from './each-event.ts'
import { textType } from './event-bytes.ts'
import { Translation } from './translation.ts'
import type { Wire, WireMessage } from './wire.ts'
import { parseWireCursor, type WireCursor } from './wire-cursor.ts'

/** The place in a stream that a viewer of a wire reads on from. */
export interface WirePlace {
  /** The translation of the events through `after`. */
  readonly translation: Translation
  /** The `chunk_id` that the viewer reads on after. */
  readonly after: number
  /** The messages of the event `after` that the client does not have. */
  readonly rest: string
}

/** Options of {@link findPlace}. */
export interface PlaceOptions {
  readonly wire: Wire
  /** The id of the last message that the client has, as it was sent. @default none: from the start */
  readonly cursor?: string | undefined
  /** How many messages the client has, for clients that count them; `cursor` takes precedence. @default 0 */
  readonly afterMessages?: number | undefined
  /** The name of the field that the cursor comes from, for errors. @default 'Last-Event-ID' */
  readonly cursorName?: string | undefined
  /** Whether ids begin with `{stream_id}:`. @default false */
  readonly idsNameStream?: boolean | undefined
}

type Readable = Pick<StreamHandle, 'record' | 'last' | 'checkCursor' | 'attach'>

/**
 * Finds the place in a stream that the cursor of a wire names, and brings a translator there: of a `block` wire it reads the
 * block that was open, of a `start` wire everything before.
 *
 * @throws {StreamingError} `invalid_request` if the cursor is malformed, or is none that the stream has given;
 * `resume_expired` if the stream does not have the message, or its log not what has to be read;
 * `capacity`, `shutting_down`, `connection_lost` if the log cannot be read now; `unexpected_error` if the wire has thrown
 */
export async function findPlace(handle: Readable, options: PlaceOptions): Promise<WirePlace> {
  const { wire, cursor, afterMessages, cursorName = 'Last-Event-ID', idsNameStream = false } = options
  const { record, last } = handle
  const translation = new Translation(wire, record, idsNameStream ? `${record.streamId}:` : '')
  const at =
    cursor === undefined
      ? checkedCount(afterMessages, cursorName) - 1
      : parseWireCursor(cursor, wire, cursorName)
  if (at === -1) {
    handle.checkCursor(0)
    return { translation, after: 0, rest: '' }
  }
  const through = typeof at === 'number' ? last : at.chunkId
  handle.checkCursor(through)
  const after = typeof at === 'number' ? 0 : (at.open || at.chunkId) - 1
  handle.checkCursor(after)
  // A stream on a shared log may have no event that can be read yet.
  if (through === 0) throw noSuchMessage(cursorName)
  const seeker = new Seeker(translation, at, through, cursorName)
  seeker.read(handle, after)
  return seeker.found
}

/** A client may have sent it. */
function checkedCount(messages: number | undefined, name: string): number {
  if (messages === undefined) return 0
  if (Number.isSafeInteger(messages) && messages >= 0) return messages
  throw new StreamingError(
    'invalid_request',
    `${name}: has to be a whole number from 0 on, and is ${messages}.`,
  )
}

/** A viewer that reads up to a place, and gets no bytes. */
class Seeker implements Sink, StatefulFraming {
  readonly kind = this
  readonly found: Promise<WirePlace>
  readonly #translation: Translation
  readonly #at: WireCursor
  readonly #through: number
  readonly #cursorName: string
  #viewer!: Viewer
  #outcome: WirePlace | StreamingError | undefined
  #settle!: (outcome: WirePlace | StreamingError) => void

  constructor(translation: Translation, at: WireCursor, through: number, cursorName: string) {
    this.#translation = translation
    this.#at = at
    this.#through = through
    this.#cursorName = cursorName
    this.found = new Promise((resolve, reject) => {
      this.#settle = (outcome) => (outcome instanceof StreamingError ? reject(outcome) : resolve(outcome))
    })
  }

  /** Begins to read. */
  read(handle: Readable, after: number): void {
    this.#viewer = handle.attach({ after, limit: this.#through, sink: this, framing: this })
  }

  frame(range: EventRange): Uint8Array {
    try {
      this.#read(range)
    } catch (error) {
      // The mistake of the wire is not that of the log.
      this.#outcome = toStreamingError(error)
    }
    return NOTHING
  }

  #read(range: EventRange): void {
    eachEvent(range, (chunkId, json, start, end, text) => {
      if (this.#outcome !== undefined) return
      const translation = this.#translation
      const { open } = translation
      let messages: readonly WireMessage[] | undefined
      const type = text === -1 ? undefined : textType(json, start)
      if (type !== undefined && translation.spliceOf(type) !== undefined)
        translation.pass(json, text, end - 1)
      else messages = translation.push(JSON.parse(json.toString('utf8', start, end)) as StreamEvent)
      this.#outcome = this.#outcomeAt(chunkId, open, messages)
    })
  }

  /** Its kind is its own, so nobody makes a frame for it. */
  follow(): void {}

  write(): boolean {
    if (this.#viewer.cursor >= this.#through) this.#outcome ??= noSuchMessage(this.#cursorName)
    if (this.#outcome !== undefined) this.#viewer.detach()
    // A frame in each turn of the event loop: the answer may be long.
    else queueMicrotask(() => this.#viewer.ready())
    return false
  }

  end(reason: DetachReason): void {
    this.#settle(this.#outcome ?? disconnection(reason) ?? noSuchMessage(this.#cursorName))
  }

  /**
   * The place, if it is at this event.
   * @param open what was open before the event
   * @param messages those of the event; `undefined`: its text was one message, without a push
   */
  #outcomeAt(
    chunkId: number,
    open: number,
    messages: readonly WireMessage[] | undefined,
  ): WirePlace | StreamingError | undefined {
    const at = this.#at
    if (typeof at === 'number') {
      const left = this.#translation.count - at - 1
      return left < 0 ? undefined : this.#place(chunkId, messages, left)
    }
    if (chunkId < at.chunkId) return undefined
    const left = (messages?.length ?? 1) - at.sub - 1
    if (open !== at.open || left < 0) return noSuchMessage(this.#cursorName)
    return this.#place(chunkId, messages, left)
  }

  #place(after: number, made: readonly WireMessage[] | undefined, left: number): WirePlace {
    const messages = made ?? []
    const translation = this.#translation
    return { translation, after, rest: translation.textOf(after, messages, messages.length - left) }
  }
}

const NOTHING = new Uint8Array(0)

function noSuchMessage(cursorName: string): StreamingError {
  return new StreamingError(
    'resume_expired',
    `${cursorName}: the stream has no message with this id. Read it from the start.`,
  )
}
