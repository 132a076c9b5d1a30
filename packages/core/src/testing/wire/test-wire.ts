import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { validateHeaderName, validateHeaderValue } from 'node:http'
import { ERROR_TYPES, type ErrorType, StreamingError } from '../../errors.ts'
import type { StreamEvent } from '../../events.ts'
import type { StreamRecord } from '../../server/log/log.ts'
import type { Translator, Wire } from '../../server/wire/wire.ts'
import type { TestRunner } from '../log/test-log.ts'
import { dataOf, EndedStream, idOf } from './ended-stream.ts'
import { Random } from './random.ts'
import { RandomEvents, type UnplacedEvent } from './random-events.ts'

/** How {@link testWire} tests. */
export interface WireTestOptions {
  /** How many random streams. Each is read from each of its messages on. @default 200 */
  readonly streams?: number
  /** The same seed makes the same streams. A failure names its stream. @default 1 */
  readonly seed?: number
  /** Events that the wire treats in a way of its own, such as a `data_chunk` of a certain name. @default none */
  readonly events?: readonly UnplacedEvent[]
  /** Fields of the streams' records. @default no owner, no thread, no key, no note */
  readonly record?: Partial<Pick<StreamRecord, 'idempotency' | 'note' | 'owner' | 'stream' | 'thread'>>
}

/**
 * Tests what the interface says that a {@link Wire} has to do, with random streams of all events in any order. It asserts
 * with `node:assert`, so it runs in any runner. It knows no format: that a client understands the messages is for other
 * tests.
 *
 * @example
 * import { describe, test } from 'vitest'
 * testWire('shout', shout, { describe, test })
 */
export function testWire(
  name: string,
  wire: Wire,
  { describe, test }: TestRunner,
  { streams = 200, seed = 1, events = [], record = {} }: WireTestOptions = {},
): void {
  /** Each stream in turn, short ones first: the first one that fails is easy to read. */
  const forEachStream = async (prove: (stream: EndedStream) => void | Promise<void>): Promise<void> => {
    for (let number = 0; number < streams; number++) {
      const random = new Random(seed * 1_000_003 + number)
      const streamRecord = newRecord(random, record)
      const made = new RandomEvents(random, events).make(streamRecord, 1 + Math.ceil((number * 60) / streams))
      const stream = new EndedStream(streamRecord, made, random)
      try {
        await prove(stream)
      } catch (error) {
        throw new Error(`Stream ${number} of seed ${seed}: ${messageOf(error)}\n${shown(made)}`, {
          cause: error,
        })
      }
    }
  }

  describe(`${name} as a Wire`, () => {
    test('gives from each message on what followed it, byte for byte', () =>
      forEachStream(async (stream) => {
        const all = await stream.read(wire)
        for (const [at, message] of all.entries()) {
          const cursor = idOf(message)
          assert.deepEqual(await stream.read(wire, { cursor }), all.slice(at + 1), `after the id ${cursor}`)
        }
      }))

    test('makes the same messages each time, and changes no event', () =>
      forEachStream(async (stream) => {
        const all = await stream.read(wire)
        const frozen: Wire = {
          ...bound(wire),
          begin: (record) => freezing(wire.begin(Object.freeze(record))),
        }
        assert.deepEqual(await stream.read(frozen), all)
      }))

    test('copies text exactly as it would push it', () =>
      forEachStream(async (stream) => {
        const pushing: Wire = { ...bound(wire), begin: (record) => withoutAround(wire.begin(record)) }
        assert.deepEqual(await stream.read(wire), await stream.read(pushing))
      }))

    test('may be read by viewers that share frames', () =>
      forEachStream(async (stream) => {
        assert.deepEqual(stream.readTogether(wire), await stream.read(wire))
      }))

    test('makes at least one message of the last event', () =>
      forEachStream(async (stream) => {
        const before = new Set(
          (await stream.read(withoutLast(wire, stream.events.length))).map((message) => idOf(message)),
        )
        const all = await stream.read(wire)
        assert.ok(all.some((message) => !before.has(idOf(message))))
      }))

    test('has JSON for each object', () =>
      forEachStream(async (stream) => {
        for (const message of await stream.read(wire)) assert.notEqual(dataOf(message), 'undefined')
      }))

    test('has a JSON body for each error, and tells no cause', () => {
      for (const type of Object.keys(ERROR_TYPES) as ErrorType[]) {
        const error = new StreamingError(type, undefined, { cause: new Error('a secret'), retryAfterMs: 1 })
        const body = JSON.stringify(wire.errorBody(error))
        assert.equal(typeof body, 'string')
        assert.doesNotMatch(body, /a secret/)
      }
      return Promise.resolve()
    })

    test('has header fields that HTTP allows', () => {
      for (const [field, value] of Object.entries(wire.headers ?? {})) {
        validateHeaderName(field)
        validateHeaderValue(field, value)
      }
      return Promise.resolve()
    })
  })
}

function newRecord(random: Random, fields: WireTestOptions['record']): StreamRecord {
  return {
    streamId: randomBytes(16).toString('base64url'),
    stream: 'chat',
    owner: undefined,
    createdAt: 1_700_000_000_000 + random.below(1_000_000),
    idempotency: undefined,
    ...fields,
  }
}

/** The fields of a wire, which may be an object of a class. */
function bound(wire: Wire): Wire {
  const { name, resumesFrom, takesBack, headers } = wire
  return {
    name,
    ...(resumesFrom !== undefined && { resumesFrom }),
    ...(takesBack !== undefined && { takesBack }),
    ...(headers !== undefined && { headers }),
    begin: (record) => wire.begin(record),
    errorBody: (error) => wire.errorBody(error),
  }
}

/** Gives a translator events that throw if they are changed: others are given the same ones. */
function freezing(translator: Translator): Translator {
  return {
    get openSince() {
      return translator.openSince
    },
    push: (event) => translator.push(frozen(event)),
    around: (type) => translator.around?.(type),
    copied: (text, messages) => translator.copied?.(text, messages),
  }
}

function withoutAround(translator: Translator): Translator {
  return {
    get openSince() {
      return translator.openSince
    },
    push: (event) => translator.push(event),
  }
}

/** The wire without what it makes of the event `last`. */
function withoutLast(wire: Wire, last: number): Wire {
  return {
    ...bound(wire),
    begin(record) {
      const translator = wire.begin(record)
      return {
        get openSince() {
          return translator.openSince
        },
        push: (event) => (event.chunk_id < last ? translator.push(event) : []),
        around: (type) => translator.around?.(type),
        copied: (text, messages) => translator.copied?.(text, messages),
      }
    },
  }
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen)
  return value
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The events of a stream, one a line. */
function shown(events: readonly StreamEvent[]): string {
  return events.map((event) => JSON.stringify(event)).join('\n')
}
