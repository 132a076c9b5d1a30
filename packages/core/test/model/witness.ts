import type { DetachReason } from '../../src/server/delivery/viewer.ts'
import { RecordingSink } from '../../src/testing/index.ts'
import type { Limit, Temper } from './commands.ts'

/** The events of one stream, each as its first viewer saw it. */
export class Truth {
  readonly events = new Map<number, string>()
  readonly witnesses = new Set<Witness>()
  readonly violations: string[] = []
  /** Whether the log still has the stream. */
  readonly isHeld: () => boolean

  constructor(isHeld: () => boolean) {
    this.isHeld = isHeld
  }

  saw(chunkId: number, json: string): void {
    const known = this.events.get(chunkId)
    if (known === undefined) this.events.set(chunkId, json)
    else if (known !== json) this.violations.push(`chunk ${chunkId} is both ${known} and ${json}`)
  }
}

/** A viewer's sink that holds what it is given against what a viewer may expect. */
export class Witness extends RecordingSink {
  readonly streamId: string
  /** The cursor that it began to read after. */
  readonly after: number
  temper: Temper
  readonly #truth: Truth
  /** The highest limit that it has been given and that is one. */
  #limit: number
  #hasEnded = false

  constructor(streamId: string, truth: Truth, options: { after: number; limit: number; temper: Temper }) {
    super()
    this.streamId = streamId
    this.#truth = truth
    this.after = options.after
    this.#limit = Number.isNaN(options.limit) ? 0 : options.limit
    this.temper = options.temper
    truth.witnesses.add(this)
  }

  /** The last chunk_id that it has, from before or from now. */
  get cursor(): number {
    return this.events.length === 0 ? this.after : this.last
  }

  allow(limit: number): void {
    if (limit > this.#limit) this.#limit = limit
    this.viewer.allow(limit)
  }

  /** The number that a schedule's limit is, seen from here. */
  static number(limit: Limit | 'none', cursor: number): number {
    if (limit === 'none') return Number.POSITIVE_INFINITY
    if ('ahead' in limit) return cursor + limit.ahead
    const numbers = {
      NaN: Number.NaN,
      negative: -7,
      zero: 0,
      huge: Number.MAX_VALUE,
      Infinity: Number.POSITIVE_INFINITY,
      '-Infinity': Number.NEGATIVE_INFINITY,
    }
    return numbers[limit.wrong]
  }

  override write(frame: Uint8Array): boolean {
    const from = this.events.length
    let expected = this.cursor + 1
    if (this.reason !== undefined) this.#violation('was written to after it was disconnected')
    if (this.room <= 0) this.#violation('was written to while it was full')
    if (this.temper === 'throws on write') throw new Error('a bad sink')
    const hasRoom = super.write(frame)
    if (this.events.length === from) this.#violation('was given an empty frame')
    for (let index = from; index < this.events.length; index++) {
      const { chunk_id: chunkId, type } = this.events[index]!
      if (chunkId !== expected) this.#violation(`got chunk ${chunkId}, not ${expected}`)
      if (!(chunkId <= this.#limit)) this.#violation(`got chunk ${chunkId} above ${this.#limit}`)
      if (this.#hasEnded) this.#violation(`got chunk ${chunkId} after the terminal event`)
      if (chunkId === 1 && type !== 'stream_start') this.#violation(`got ${type} as its first event`)
      this.#hasEnded = /^stream_(complete|error|cancelled)$/.test(type)
      this.#truth.saw(chunkId, this.json[index]!)
      expected += 1
    }
    return hasRoom
  }

  unsentBytes(): number {
    return this.room <= 0 ? 1000 : 0
  }

  override end(reason: DetachReason): void {
    if (this.reason !== undefined) this.#violation(`was disconnected twice (${this.reason}, ${reason})`)
    if (this.#hasEnded && reason !== 'ended')
      this.#violation(`was disconnected as ${reason} after the terminal event`)
    super.end(reason)
    if (reason === 'expired' && this.#truth.isHeld())
      this.#violation('was disconnected as expired, though the log has it')
    if (reason === 'lagging' && !this.#isBehind)
      this.#violation('was disconnected as lagging with nobody ahead')
    if (this.temper === 'throws on end') throw new Error('a bad sink')
  }

  get #isBehind(): boolean {
    for (const { viewer, reason } of this.#truth.witnesses) {
      if (reason === undefined && viewer.cursor > this.viewer.cursor) return true
    }
    return false
  }

  #violation(what: string): void {
    this.#truth.violations.push(`viewer from ${this.after}: ${what}`)
  }
}
