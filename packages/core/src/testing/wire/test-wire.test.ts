import { describe, expect, test } from 'vitest'
import { isTerminal, type StreamEvent } from '../../events.ts'
import type { Translator, Wire, WireMessage } from '../../server/wire/wire.ts'
import { testWire } from './test-wire.ts'

/** Text in blocks, and the name of everything else. */
class Blocks implements Translator {
  openSince: number | undefined

  push(event: StreamEvent): WireMessage[] {
    if (event.type === 'content_chunk' || event.type === 'reasoning_chunk') {
      const begins = this.openSince === undefined
      this.openSince ??= event.chunk_id
      const text = { data: { of: this.openSince, type: event.type, text: event.content } }
      return begins ? [{ event: 'begin', data: { of: this.openSince } }, text] : [text]
    }
    this.openSince = undefined
    return [{ data: event.type }, { data: { more: [event.chunk_id] } }]
  }

  around(type: 'content_chunk' | 'reasoning_chunk') {
    if (this.openSince === undefined) return undefined
    return { before: `{"of":${this.openSince},"type":"${type}","text":`, after: '}' }
  }
}

function wireOf(begin: Wire['begin'], fields: Partial<Wire> = {}): Wire {
  return { name: 'test', begin, errorBody: ({ type }) => ({ type }), ...fields }
}

const right = wireOf(() => new Blocks())

testWire('a right one', right, { describe, test })
testWire(
  'one that numbers its messages',
  wireOf(() => new Counting(), { resumesFrom: 'start' }),
  { describe, test },
)

/** Repeats the answer at its end. */
class Counting implements Translator {
  readonly openSince = undefined
  #text = ''
  #number = 0

  push(event: StreamEvent): WireMessage[] {
    const number = this.#number++
    if (event.type === 'content_chunk') {
      this.#text += event.content
      return [{ data: { number, delta: event.content } }]
    }
    return event.type.startsWith('stream_') ? [{ data: { number, text: this.#text } }] : []
  }
}

/** A translator with something wrong. */
function broken(wrong: (right: Blocks) => Partial<Translator>): Wire {
  return wireOf(() => {
    const right = new Blocks()
    const translator = {
      get openSince() {
        return right.openSince
      },
      push: (event: StreamEvent) => right.push(event),
      around: (type: 'content_chunk' | 'reasoning_chunk') => right.around(type),
    }
    return Object.defineProperties(translator, Object.getOwnPropertyDescriptors(wrong(right)))
  })
}

/** The names of the tests that fail for a wire. */
async function failuresOf(wire: Wire): Promise<string[]> {
  const tests: [string, () => Promise<void>][] = []
  testWire(
    'wrong',
    wire,
    {
      describe: (_name, define) => define(),
      test: (name, run) => tests.push([name, run]),
    },
    { streams: 60 },
  )
  const failures: string[] = []
  for (const [name, run] of tests) {
    try {
      await run()
    } catch {
      failures.push(name)
    }
  }
  return failures
}

describe('testWire finds a wire', () => {
  test.each<[string, Wire, RegExp]>([
    ['whose block is not said to be open', broken(() => ({ openSince: undefined })), /from each message on/],
    [
      'that counts its messages',
      broken((right) => {
        let count = 0
        return { push: (event) => right.push(event).map(() => ({ data: { count: count++ } })) }
      }),
      /from each message on/,
    ],
    [
      'that copies other text',
      broken((right) => ({
        around: () => (right.openSince === undefined ? undefined : { before: '{"t":', after: '}' }),
      })),
      /copies text/,
    ],
    [
      'that counts text which is copied',
      broken((right) => {
        let count = 0
        const push = (event: StreamEvent) => {
          if (event.type === 'content_chunk') count++
          return [...right.push(event), { data: { count } }].slice(event.type === 'content_chunk' ? 1 : 0)
        }
        return { push }
      }),
      /copies text/,
    ],
    [
      'that looks at the time',
      broken((right) => ({ push: (event) => [...right.push(event), { data: { now: performance.now() } }] })),
      /the same messages/,
    ],
    [
      'that changes an event',
      broken((right) => ({
        push: (event) => right.push(Object.assign(event, { chunk_id: event.chunk_id })),
      })),
      /changes no event/,
    ],
    [
      'that says nothing of the end',
      broken((right) => ({ push: (event) => (isTerminal(event) ? [] : right.push(event)) })),
      /the last event/,
    ],
    [
      'that throws',
      broken(() => ({
        push() {
          throw new Error('no')
        },
      })),
      /from each message on/,
    ],
    ['that has no JSON', wireOf(() => new Blocks(), { errorBody: () => undefined }), /JSON body/],
    [
      'that tells causes',
      wireOf(() => new Blocks(), { errorBody: ({ cause }) => ({ e: `${cause}` }) }),
      /no cause/,
    ],
    ['with a field that is none', wireOf(() => new Blocks(), { headers: { 'a b': 'c' } }), /header fields/],
  ])('%s', async (_what, wire, failure) => {
    expect((await failuresOf(wire)).filter((name) => failure.test(name))).toHaveLength(1)
  })

  test('and finds nothing in a right one', async () => {
    expect(await failuresOf(right)).toEqual([])
  })
})
