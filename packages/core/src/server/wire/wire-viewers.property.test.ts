import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BareStream } from '../../../test/fixtures.ts'
import { isTerminal, type StreamEvent } from '../../events.ts'
import { settle, testWire } from '../../testing/index.ts'
import { Random } from '../../testing/wire/random.ts'
import { RandomEvents } from '../../testing/wire/random-events.ts'
import type { Sink, Viewer } from '../delivery/viewer.ts'
import { StreamHandle } from '../hub/handle.ts'
import type { Translator, Wire, WireMessage } from './wire.ts'
import { type Pack, WireFraming } from './wire-framing.ts'
import { findPlace } from './wire-place.ts'

class Blocks implements Translator {
  openSince: number | undefined

  push(event: StreamEvent): WireMessage[] {
    if (event.type === 'content_chunk') {
      const begins = this.openSince === undefined
      this.openSince ??= event.chunk_id
      const text = { data: { text: event.content, of: this.openSince } }
      return begins ? [{ event: 'begin', data: { of: this.openSince } }, text] : [text]
    }
    this.openSince = undefined
    // Not every event is a message.
    return event.type === 'reasoning_chunk' ? [] : [{ data: event.type }, { data: [event.chunk_id] }]
  }

  around(type: 'content_chunk' | 'reasoning_chunk') {
    if (type === 'reasoning_chunk' || this.openSince === undefined) return undefined
    return { before: '{"text":', after: `,"of":${this.openSince}}` }
  }
}

/** Keeps the whole text, as a wire does that repeats the answer at its end. */
class Repeating implements Translator {
  readonly openSince = undefined
  #text = ''

  push(event: StreamEvent): WireMessage[] {
    if (event.type === 'content_chunk') this.#text += event.content
    return isTerminal(event) ? [{ data: { whole: this.#text } }] : [{ data: event.type }]
  }
}

/** Numbers its messages, repeats the whole text at its end, and has the text copied. */
class Copying implements Translator {
  readonly openSince = undefined
  #text = ''
  #number = 0
  #isText = false

  push(event: StreamEvent): WireMessage[] {
    this.#isText = event.type === 'content_chunk'
    if (event.type === 'content_chunk') {
      this.#text += event.content
      return [{ event: 'text', data: { number: this.#number++, text: event.content, of: 1 } }]
    }
    if (event.type === 'reasoning_chunk') return []
    const first = { data: { number: this.#number++, type: event.type } }
    return [first, { data: { number: this.#number++, whole: isTerminal(event) ? this.#text : '' } }]
  }

  around(type: 'content_chunk' | 'reasoning_chunk') {
    if (type === 'reasoning_chunk' || !this.#isText) return undefined
    return { event: 'text', before: '{"number":', afterNumber: ',"text":', after: ',"of":1}' }
  }

  copied(text: string, messages: number): void {
    this.#text += text
    this.#number += messages
  }
}

const errorBody = (): object => ({})
const wires: readonly Wire[] = [
  { name: 'blocks', begin: () => new Blocks(), errorBody },
  { name: 'other blocks', begin: () => new Blocks(), errorBody },
  { name: 'repeating', resumesFrom: 'start', begin: () => new Repeating(), errorBody },
  { name: 'copying', resumesFrom: 'start', begin: () => new Copying(), errorBody },
]
const forms: readonly Pack[] = [1, 2].map(() => (bytes, from, to) => Buffer.from(bytes.subarray(from, to)))

/** A viewer that takes a few frames and then waits until it is told to go on. */
class SlowSink implements Sink {
  text = ''
  reason: string | undefined
  readonly frames: Uint8Array[] = []
  #room: number
  viewer!: Viewer

  constructor(room: number) {
    this.#room = room
  }

  write(frame: Uint8Array): boolean {
    this.frames.push(frame)
    this.text += Buffer.from(frame).toString()
    this.#room -= 1
    return this.#room > 0
  }

  end(reason: string): void {
    this.reason = reason
  }

  take(frames: number): void {
    this.#room = frames
    this.viewer.ready()
  }
}

const joins = fc.record({
  /** At which event it comes. */
  at: fc.integer({ min: 0, max: 60 }),
  wire: fc.nat(3),
  form: fc.nat(1),
  /** How many frames it takes each time. */
  room: fc.integer({ min: 1, max: 4 }),
  /** How many of the messages until then it has. */
  has: fc.nat(200),
  maxFrameBytes: fc.constantFrom(1, 200, 65_536),
})

for (const wire of wires) testWire(wire.name, wire, { describe, test }, { streams: 60 })

test('viewers on any wires, slow and fast, and that come at any place, get what a viewer alone gets', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.array(joins, { minLength: 1, maxLength: 12 }), async (seed, viewers) => {
      const stream = new BareStream()
      const handle = new StreamHandle(stream.writer, undefined, (_log, options) =>
        stream.audience.attach(options),
      )
      const random = new Random(seed)
      const events = new RandomEvents(random, []).make(stream.writer.record, 50)
      const sinks: { sink: SlowSink; wire: Wire; has: readonly string[] }[] = []

      for (const [index, event] of events.entries()) {
        const json = JSON.stringify(event)
        if (isTerminal(event)) stream.writer.end(json)
        else stream.writer.append(json)
        for (const { at, has, ...join } of viewers) {
          if (at !== index % 60) continue
          const wire = wires[join.wire]!
          const alone = messagesOf(await readAlone(handle, wire))
          const had = alone.slice(0, has % (alone.length + 1))
          const cursor = had.length === 0 ? undefined : /^id: (.*)$/m.exec(had.at(-1)!)?.[1]
          const { translation, after, rest } = await findPlace(handle, { wire, cursor })
          const sink = new SlowSink(join.room)
          sink.text = rest
          const framing = new WireFraming(translation, forms[join.form]!)
          const { maxFrameBytes } = join
          sink.viewer = stream.audience.attach({ after, sink, framing, maxFrameBytes })
          sinks.push({ sink, wire, has: had })
        }
        if (random.oneIn(3)) await settle()
        for (const { sink } of sinks) if (random.oneIn(4)) sink.take(1 + random.below(3))
      }
      while (sinks.some(({ sink }) => sink.reason === undefined)) {
        for (const { sink } of sinks) sink.take(5)
        await settle()
      }

      for (const { sink, wire, has } of sinks) {
        expect(sink.reason).toBe('ended')
        expect([...has, ...messagesOf(sink.text)]).toEqual(messagesOf(await readAlone(handle, wire)))
      }
      expect(stream.observed.failures).toEqual([])
    }),
    { numRuns: 100 },
  )
}, 60_000)

test('viewers on one wire at the same place share a frame, whatever the others read', async () => {
  const stream = new BareStream()
  stream.writer.append('{"type":"stream_start","chunk_id":1}')
  const handle = new StreamHandle(stream.writer, undefined, (_log, options) =>
    stream.audience.attach(options),
  )
  const sinks: SlowSink[] = []
  for (const [wire, form] of [
    [0, 0],
    [0, 0],
    [0, 1],
    [1, 0],
    [0, 0],
  ] as const) {
    const { translation, after } = await findPlace(handle, { wire: wires[wire]!, afterMessages: 2 })
    const sink = new SlowSink(Number.POSITIVE_INFINITY)
    const framing = new WireFraming(translation, forms[form]!)
    sink.viewer = stream.audience.attach({ after, sink, framing })
    sinks.push(sink)
  }
  await settle()
  stream.append('a', 'b')
  await settle()
  const [one, other, otherForm, otherWire, last] = sinks.map(({ frames }) => frames[0])
  expect(other).toBe(one)
  expect(last).toBe(one)
  expect(otherForm).not.toBe(one)
  expect(otherWire).not.toBe(one)
  expect(otherWire).toEqual(one)
})

/** What a viewer alone has got by now, in one frame. */
async function readAlone(handle: StreamHandle, wire: Wire): Promise<string> {
  const { translation } = await findPlace(handle, { wire })
  const framing = new WireFraming(translation, forms[0]!)
  const sink = new SlowSink(1000)
  sink.viewer = handle.attach({ after: 0, sink, framing, limit: handle.last })
  await settle()
  sink.viewer.detach()
  return sink.text
}

function messagesOf(text: string): readonly string[] {
  return text.split('\n\n').slice(0, -1)
}
