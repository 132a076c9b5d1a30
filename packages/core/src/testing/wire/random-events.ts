import { ERROR_TYPES } from '../../errors.ts'
import type { StreamEvent, WithoutChunkId } from '../../events.ts'
import type { StreamRecord } from '../../server/log/log.ts'
import type { Random } from './random.ts'

/** An event as a log gets it: without its chunk_id. */
export type UnplacedEvent = WithoutChunkId<StreamEvent>

const TEXTS = [
  'a',
  ' word',
  '"quoted" \\ and\n\nlines\r\n\t\u0000',
  'Zürich 請問 مرحبا',
  '👩‍👩‍👧‍👦',
  '\ud83d',
  '\ude00 the rest',
  '\u2028\u2029',
  'data: [DONE]\n\nid: 1.0.0\n',
  '</script>',
  'x'.repeat(300),
]
const FRAGMENTS = ['{}', '{"a":', '1}', '[', '"é', '', 'no JSON']
const VALUES = [null, true, 0, -1.5, '', 'text', [], [1, 'two', { three: 3 }], {}, { a: { b: ['c'] } }]
const REASONS = ['stop', 'length', 'tool_calls', 'content_filter', 'refusal', 'pause_turn']

/** A kind of event, and how often it comes. */
type Kind = readonly [weight: number, make: (log: RandomEvents) => UnplacedEvent]

const KINDS: readonly Kind[] = [
  [30, ({ random }) => ({ type: 'content_chunk', content: random.of(TEXTS) })],
  [12, ({ random }) => ({ type: 'reasoning_chunk', content: random.of(TEXTS) })],
  [20, (log) => log.callFragment()],
  [8, (log) => log.result()],
  [6, ({ random }) => ({ type: 'data_chunk', name: random.of(['d', 'progress']), data: random.of(VALUES) })],
  [5, ({ random }) => source(random)],
  [4, ({ random }) => file(random)],
  [3, (log) => log.retry()],
  // Fields and events of a later version of Sluice, which an instance beside this one may run.
  [2, ({ random }) => ({ type: 'content_chunk', content: random.of(TEXTS), later: 1 }) as UnplacedEvent],
  [1, () => ({ type: 'later_event', what: 1 }) as unknown as UnplacedEvent],
]

/**
 * Makes the events of one random stream: of every type, in any order that a log can have, and in some that no run writes.
 * Runs of text are frequent, as they are in answers.
 */
export class RandomEvents {
  readonly random: Random
  readonly #more: readonly UnplacedEvent[]
  #calls = 0
  #last = 0

  /** @param more further events that may come, for names and values that a wire treats differently */
  constructor(random: Random, more: readonly UnplacedEvent[]) {
    this.random = random
    this.#more = more
  }

  /** The events of a stream that has ended, as JSON texts. */
  make(record: StreamRecord, length: number): readonly StreamEvent[] {
    const { random } = this
    const hasTimes = random.oneIn(3)
    const events: StreamEvent[] = []
    const add = (event: UnplacedEvent): void => {
      this.#last += 1
      const { type, ...fields } = event
      const at = hasTimes ? { at: this.#last * 7 } : {}
      events.push({ type, chunk_id: this.#last, ...at, ...fields } as StreamEvent)
    }
    const { streamId: stream_id, stream, createdAt: created_at } = record
    add({ type: 'stream_start', stream_id, stream, created_at, ...(random.oneIn(2) && { model: 'm' }) })
    while (events.length < length) {
      const event = this.#any()
      add(event)
      // Text comes in runs.
      while ('content' in event && !random.oneIn(3)) add({ ...event, content: random.of(TEXTS) })
    }
    add(this.#end())
    return events
  }

  /** A fragment of a new call, or of any that has begun. */
  callFragment(): UnplacedEvent {
    const { random } = this
    if (this.#calls === 0 || random.oneIn(3)) {
      const index = this.#calls++
      const named = random.oneIn(6) ? {} : { id: `call_${index}`, name: random.of(['search', 'draw']) }
      return { type: 'tool_call_chunk', index, ...named, ...(random.oneIn(2) && { arguments: '{}' }) }
    }
    const index = random.oneIn(3) ? random.below(this.#calls) : this.#calls - 1
    const late = random.oneIn(6) ? { id: `call_${index}`, name: 'search' } : {}
    return { type: 'tool_call_chunk', index, ...late, arguments: random.of(FRAGMENTS) }
  }

  /** The result of a call, of one that has not begun, or a second one. */
  result(): UnplacedEvent {
    const { random } = this
    if (random.oneIn(5)) this.#calls += 1
    const index = random.below(Math.max(this.#calls, 1))
    const output = random.of(VALUES)
    return { type: 'tool_result', index, id: `call_${index}`, output, is_error: random.oneIn(4) }
  }

  retry(): UnplacedEvent {
    const { random } = this
    // Nothing, all, or a part of the answer is void.
    const keep_until = random.oneIn(2) ? this.#last : 1 + random.below(this.#last)
    const error_type = random.of(Object.keys(ERROR_TYPES))
    return { type: 'stream_retry', error_type, retry_count: 1, delay_ms: 10, keep_until }
  }

  #any(): UnplacedEvent {
    if (this.#more.length > 0 && this.random.oneIn(6)) return this.random.of(this.#more)
    let at = this.random.below(KINDS.reduce((sum, [weight]) => sum + weight, 0))
    for (const [weight, make] of KINDS) {
      at -= weight
      if (at < 0) return make(this)
    }
    throw new Error('unreachable')
  }

  #end(): UnplacedEvent {
    const { random } = this
    switch (random.below(3)) {
      case 0:
        return { type: 'stream_cancelled', reason: random.of(['cancelled', 'unwatched']) }
      case 1: {
        const [error_type, { recoverable }] = random.of(Object.entries(ERROR_TYPES))
        return { type: 'stream_error', error_type, message: 'It failed.', recoverable }
      }
      default: {
        const usage = { input_tokens: 3, output_tokens: 4, total_tokens: 7 }
        const more = random.oneIn(2) ? { cached_tokens: 1, reasoning_tokens: 2, details: { x: 1 } } : {}
        return {
          type: 'stream_complete',
          finish_reason: random.of(REASONS),
          ...(random.oneIn(2) && { usage: { ...usage, ...more } }),
          total_chunks: this.#last - 1,
          ttft_ms: random.oneIn(2) ? null : 5,
          duration_ms: 9,
        }
      }
    }
  }
}

function source(random: Random): UnplacedEvent {
  const place = random.oneIn(2) ? { start: 0, end: 4, quote: 'word' } : {}
  const what = random.of([
    { url: 'https://a.example/' },
    { id: 's1', url: 'https://b.example/', title: 'B' },
    { title: 'C' },
    { id: 's2' },
  ])
  return { type: 'source', ...what, ...place }
}

function file(random: Random): UnplacedEvent {
  const what = random.of([
    { data: 'aGk=' },
    { url: 'https://a.example/a.png' },
    { data: '', name: 'empty.txt' },
  ])
  return { type: 'file', media_type: random.of(['image/png', 'text/plain', 'image/*']), ...what }
}
