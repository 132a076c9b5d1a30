import { Buffer } from 'node:buffer'
import type { StreamEvent } from '../../events.ts'
import type { FramingStep, StatefulFraming } from '../delivery/viewer.ts'
import type { EventRange } from '../log/segments.ts'
import { eachEvent } from './each-event.ts'
import { textType } from './event-bytes.ts'
import type { Splice } from './splice.ts'
import type { Translation } from './translation.ts'
import type { Wire } from './wire.ts'

/**
 * Makes a frame of the bytes from `from` to `to`, which are never none. It has to copy them. There are
 * {@link PACK_ROOM} bytes before and after them that it may write to. One function for all frames of a form.
 */
export type Pack = (bytes: Buffer, from: number, to: number) => Uint8Array

/** Bytes before and after those of a frame that a {@link Pack} may use. */
export const PACK_ROOM = 16
/** Memory that is kept for the next frame. */
const KEPT_BYTES = 256 * 1024
const KEPT = Buffer.allocUnsafeSlow(KEPT_BYTES)
/** Bytes up to which copying in JavaScript is faster than a call out of it. */
const SHORT = 48
/** Digits of the largest number. */
const MAX_DIGITS = 16
const EMPTY = new Uint8Array(0)

/** Events as server-sent events of a wire, for one viewer. */
export class WireFraming implements StatefulFraming {
  readonly kind: object
  readonly #translation: Translation
  readonly #pack: Pack
  readonly #beforeId: string
  #bytes = KEPT
  #at = 0

  /** @param translation stands at the place that the viewer reads on from */
  constructor(translation: Translation, pack: Pack) {
    this.kind = kindOf(translation, pack)
    this.#translation = translation
    this.#pack = pack
    this.#beforeId = `id: ${translation.idPrefix}`
  }

  frame(range: EventRange, steps: FramingStep[] | undefined): Uint8Array {
    const translation = this.#translation
    // Those that follow have the text before this frame.
    if (steps !== undefined) translation.tellCopied()
    translation.steps = steps
    this.#at = PACK_ROOM
    eachEvent(range, (chunkId, json, start, end, text) => {
      const splice = text === -1 ? undefined : translation.spliceOf(textType(json, start))
      if (splice === undefined) this.#push(chunkId, json.toString('utf8', start, end))
      else this.#splice(splice, chunkId, json, text, end - 1)
    })
    if (steps !== undefined) translation.tellCopied()
    translation.steps = undefined
    const frame = this.#at === PACK_ROOM ? EMPTY : this.#pack(this.#bytes, PACK_ROOM, this.#at)
    this.#bytes = KEPT
    return frame
  }

  follow(steps: readonly FramingStep[], count: number): void {
    this.#translation.follow(steps, count)
  }

  #push(chunkId: number, json: string): void {
    const event = JSON.parse(json) as StreamEvent
    const text = this.#translation.textOf(chunkId, this.#translation.push(event))
    // A UTF-16 code unit is at most three bytes of UTF-8.
    this.#need(text.length * 3)
    this.#at += this.#bytes.write(text, this.#at)
  }

  /** A message around the JSON string from `start` to `end`. */
  #splice(splice: Splice, chunkId: number, json: Buffer, start: number, end: number): void {
    const translation = this.#translation
    const { before, afterNumber, after } = splice
    const fixed = this.#beforeId.length + before.length + (afterNumber?.length ?? 0) + after.length
    this.#need(fixed + 2 * MAX_DIGITS + end - start)
    const bytes = this.#bytes
    const number = String(translation.isNumbered ? translation.count : chunkId)
    let at = putText(bytes, this.#at, this.#beforeId)
    at = putText(bytes, at, number)
    at = putBytes(bytes, at, before, 0, before.length)
    if (afterNumber !== undefined) {
      at = putText(bytes, at, number)
      at = putBytes(bytes, at, afterNumber, 0, afterNumber.length)
    }
    at = putBytes(bytes, at, json, start, end)
    this.#at = putBytes(bytes, at, after, 0, after.length)
    translation.pass(json, start, end)
  }

  /** Has room for this number of bytes more. */
  #need(bytes: number): void {
    const needed = this.#at + bytes + PACK_ROOM
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}

/** Writes a few characters of ASCII. Returns the position after them. */
function putText(bytes: Buffer, at: number, text: string): number {
  for (let index = 0; index < text.length; index++) bytes[at + index] = text.charCodeAt(index)
  return at + text.length
}

/** Copies the bytes from `start` to `end`. Returns the position after them. */
function putBytes(bytes: Buffer, at: number, from: Buffer, start: number, end: number): number {
  const length = end - start
  if (length > SHORT) from.copy(bytes, at, start, end)
  else for (let index = 0; index < length; index++) bytes[at + index] = from[start + index]!
  return at + length
}

/** The kinds of framings: one for each wire and form, and for whether ids name the stream. */
const kinds = new WeakMap<Wire, Map<Pack, { readonly named: object; readonly nameless: object }>>()

function kindOf({ wire, idPrefix }: Translation, pack: Pack): object {
  const ofWire = kinds.get(wire) ?? new Map()
  kinds.set(wire, ofWire)
  const ofPack = ofWire.get(pack) ?? { named: {}, nameless: {} }
  ofWire.set(pack, ofPack)
  return idPrefix === '' ? ofPack.nameless : ofPack.named
}
