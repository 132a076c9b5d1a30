import type { StreamEvent, WithoutChunkId } from '@sluice/core'
import fc from 'fast-check'

type Unnumbered = WithoutChunkId<StreamEvent>

const text = fc.oneof(
  fc.string({ minLength: 1, maxLength: 6, unit: 'binary' }),
  fc.constantFrom('"', '\\', '\n', '\u2028', '😀', '[DONE]'),
)
const index = fc.nat(3)
const fragment = fc.constantFrom('', '{', '}', '{}', '{"a":', '1', ' ')
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 })

/** An event of an answer. Calls are begun, continued and answered in any order. */
const piece: fc.Arbitrary<Unnumbered> = fc.oneof(
  { weight: 4, arbitrary: text.map((content) => ({ type: 'content_chunk' as const, content })) },
  { weight: 2, arbitrary: text.map((content) => ({ type: 'reasoning_chunk' as const, content })) },
  {
    weight: 4,
    arbitrary: fc
      .record({
        index,
        id: optional(fc.constantFrom('', 'c1', 'c2')),
        name: optional(fc.constantFrom('', 'search')),
        arguments: optional(fragment),
      })
      .map(({ index, id, name, arguments: args }) => ({
        type: 'tool_call_chunk' as const,
        index,
        ...(id !== undefined && { id }),
        ...(name !== undefined && { name }),
        ...(args !== undefined && { arguments: args }),
      })),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ index, output: fc.jsonValue(), is_error: fc.boolean() })
      .map((result) => ({ type: 'tool_result' as const, id: `c${result.index}`, ...result })),
  },
  {
    weight: 1,
    arbitrary: fc.jsonValue().map((data) => ({ type: 'data_chunk' as const, name: 'note', data })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom({ url: 'https://a.example/' }, { id: 's1', title: 'A' }, { quote: 'q', title: 'B' })
      .map((fields) => ({ type: 'source' as const, ...fields })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom({ url: 'https://a.example/i.png' }, { data: 'AAAA', name: 'i.png' })
      .map((fields) => ({ type: 'file' as const, media_type: 'image/png', ...fields })),
  },
)

const end: fc.Arbitrary<Unnumbered> = fc.constantFrom<Unnumbered>(
  {
    type: 'stream_complete',
    finish_reason: 'stop',
    usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7, cached_tokens: 1 },
    total_chunks: 1,
    ttft_ms: 1,
    duration_ms: 2,
  },
  { type: 'stream_error', error_type: 'api_error', message: 'The provider failed.', recoverable: true },
  { type: 'stream_cancelled', reason: 'cancelled' },
)

/**
 * Calls as `PROTOCOL.md` numbers them: after its result, a call gets no more fragments, and no other call has its number, nor
 * its id.
 */
function numberCalls(
  events: readonly (Unnumbered | RandomRetries)[],
): readonly (Unnumbered | RandomRetries)[] {
  let next = 0
  const open = new Map<number, number>()
  const known = new Map<number, number>()
  return events.map((event) => {
    if (typeof event === 'string' || !('index' in event)) return event
    const isResult = event.type === 'tool_result'
    const number = (isResult ? known : open).get(event.index) ?? next++
    known.set(event.index, number)
    if (isResult) open.delete(event.index)
    else open.set(event.index, number)
    return { ...event, index: number, ...(event.id && { id: `c${number}` }) }
  })
}

/** How an answer goes on after a failed attempt: from its beginning, from where it was, or not at all. */
export type RandomRetries = 'restart' | 'continue'

/** The events of a whole stream, numbered from 1. */
export function randomEvents(retries: readonly RandomRetries[]): fc.Arbitrary<readonly StreamEvent[]> {
  const retry = fc.constantFrom(...retries)
  const pieces = fc.array(retries.length === 0 ? piece : fc.oneof({ weight: 20, arbitrary: piece }, retry), {
    maxLength: 40,
  })
  return fc.tuple(pieces, end).map(([middle, last]) => {
    const start: Unnumbered = {
      type: 'stream_start',
      stream_id: 'A'.repeat(22),
      stream: 'chat',
      created_at: 1_700_000_000_000,
    }
    return numberCalls([start, ...middle, last]).map((event, at) => {
      const chunk_id = at + 1
      if (typeof event !== 'string') return { ...event, chunk_id } as StreamEvent
      const keep_until = event === 'restart' ? 1 : chunk_id - 1
      const rest = { error_type: 'api_error', retry_count: 1, delay_ms: 0, keep_until }
      return { type: 'stream_retry', chunk_id, ...rest } satisfies StreamEvent
    })
  })
}
