import { Buffer } from 'node:buffer'
import { StreamingError } from '../../errors.ts'
import type { StreamEvent } from '../../events.ts'
import { Audience } from '../../server/delivery/audience.ts'
import type { FramingStep } from '../../server/delivery/viewer.ts'
import { StreamHandle } from '../../server/hub/handle.ts'
import type { LogWriter, StreamRecord } from '../../server/log/log.ts'
import { memoryLog } from '../../server/log/memory-log.ts'
import type { EventRange } from '../../server/log/segments.ts'
import { Translation } from '../../server/wire/translation.ts'
import type { Wire } from '../../server/wire/wire.ts'
import { type Pack, WireFraming } from '../../server/wire/wire-framing.ts'
import { findPlace, type PlaceOptions } from '../../server/wire/wire-place.ts'
import { manualClock } from '../manual-clock.ts'
import type { Random } from './random.ts'

const asItIs: Pack = (bytes, from, to) => Buffer.from(bytes.subarray(from, to))

/** A stream that has ended, in a log, as the viewers of a wire read it: in frames of random sizes. */
export class EndedStream {
  readonly events: readonly StreamEvent[]
  readonly #writer: LogWriter
  readonly #handle: StreamHandle
  readonly #random: Random

  constructor(record: StreamRecord, events: readonly StreamEvent[], random: Random) {
    const clock = manualClock()
    const creation = memoryLog({ clock }).create(record)
    if (creation.outcome !== 'created') throw new Error(`The stream is ${creation.outcome}.`)
    const { writer } = creation
    const audience = new Audience(writer, clock, {
      progressed() {},
      viewerLeft() {},
      emptied() {},
      viewerFailed() {},
    })
    this.events = events
    this.#writer = writer
    this.#handle = new StreamHandle(writer, undefined, (_reader, options) => audience.attach(options))
    this.#random = random
    for (const event of events) {
      const json = JSON.stringify(event)
      if (event === events.at(-1)) writer.end(json)
      else writer.append(json)
    }
  }

  /** The messages for a viewer that comes with this cursor. */
  async read(wire: Wire, options: Omit<PlaceOptions, 'wire'> = {}): Promise<readonly string[]> {
    try {
      const { translation, after, rest } = await findPlace(this.#handle, { wire, ...options })
      const framing = new WireFraming(translation, asItIs)
      return messagesOf(rest + this.#frames(after, (range) => framing.frame(range, undefined)))
    } catch (error) {
      // That of the wire, if it has thrown.
      throw error instanceof StreamingError ? (error.cause ?? error) : error
    }
  }

  /** The messages for two viewers that share frames: for each frame, one of them makes it, and the other one follows. */
  readTogether(wire: Wire): readonly string[] {
    const [one, other] = [1, 2].map(() => new WireFraming(new Translation(wire, this.#writer.record), asItIs))
    const frames = this.#frames(0, (range) => {
      const [maker, follower] = this.#random.oneIn(2) ? [one, other] : [other, one]
      const steps: FramingStep[] = []
      const frame = maker!.frame(range, steps)
      follower!.follow(steps, range.last - range.first + 1)
      return frame
    })
    return messagesOf(frames)
  }

  #frames(after: number, frame: (range: EventRange) => Uint8Array): string {
    let text = ''
    for (let at = after; at < this.#writer.last; ) {
      const range = this.#writer.read(at, this.#writer.last, 1 + this.#random.below(600)) as EventRange
      text += Buffer.from(frame(range)).toString()
      at = range.last
    }
    return text
  }
}

/** The id of a message. */
export function idOf(message: string): string {
  return /^id: (.*)$/m.exec(message)?.[1] ?? ''
}

/** The data of a message. */
export function dataOf(message: string): string {
  return [...message.matchAll(/^data: (.*)$/gm)].map(([, line]) => line).join('\n')
}

function messagesOf(text: string): readonly string[] {
  return text.split('\n\n').slice(0, -1)
}
