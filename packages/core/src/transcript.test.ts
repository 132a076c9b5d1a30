import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StreamEvent, WithoutChunkId } from './events.ts'
import { partsOf, type ToolCall, Transcript } from './transcript.ts'

type Kind = 'text' | 'reasoning' | 'tool' | 'other'
type Step =
  | { readonly kind: Kind; readonly content: string; readonly index: number }
  | { readonly kind: 'retry'; readonly back: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom<Kind>('text', 'reasoning', 'tool', 'other'),
      content: fc.string({ unit: 'grapheme', maxLength: 4 }),
      index: fc.nat({ max: 2 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('retry' as const), back: fc.nat({ max: 12 }) }) },
)

function retryEvent(chunk_id: number, keep_until: number): StreamEvent {
  return { type: 'stream_retry', chunk_id, error_type: 'api_error', retry_count: 1, delay_ms: 0, keep_until }
}

function eventOf(step: Step, chunk_id: number, since: number): StreamEvent {
  switch (step.kind) {
    case 'text':
      return { type: 'content_chunk', chunk_id, content: step.content }
    case 'reasoning':
      return { type: 'reasoning_chunk', chunk_id, content: step.content }
    case 'tool':
      return {
        type: 'tool_call_chunk',
        chunk_id,
        index: step.index,
        arguments: step.content,
        id: step.content,
      }
    case 'other':
      return { type: 'data_chunk', chunk_id, name: 'other', data: step.content }
    case 'retry':
      return retryEvent(chunk_id, Math.max(since, chunk_id - 1 - step.back))
  }
}

/** The definition, word for word: every event after `keep_until` and before the retry is void. */
function kept(events: readonly StreamEvent[]): StreamEvent[] {
  return events.filter(
    ({ chunk_id }) =>
      !events.some(
        (later) => later.type === 'stream_retry' && later.keep_until < chunk_id && chunk_id < later.chunk_id,
      ),
  )
}

const joined = (events: readonly StreamEvent[], type: 'content_chunk' | 'reasoning_chunk') =>
  events.map((event) => (event.type === type ? event.content : '')).join('')

/** The rule, word for word: fragments are joined by index; the first id and name that are not empty stand. */
function toolCalls(events: readonly StreamEvent[]): ToolCall[] {
  const calls = new Map<number, ToolCall>()
  for (const event of events) {
    if (event.type !== 'tool_call_chunk') continue
    const before = calls.get(event.index)
    calls.set(event.index, {
      index: event.index,
      id: before?.id || event.id || null,
      name: before?.name || event.name || null,
      arguments: (before?.arguments ?? '') + (event.arguments ?? ''),
    })
  }
  return [...calls.values()]
}

/** The rule, word for word: one after the other; text goes on if nothing else came, a call stands where it began. */
function partsIn(events: readonly StreamEvent[]): unknown[] {
  const parts: { type: string; text?: string; index?: number }[] = [
    { type: 'reasoning', text: 'before ' },
    { type: 'text', text: 'kept ' },
  ]
  const before = parts.length
  for (const event of events) {
    const last = parts.slice(before).at(-1)
    if (event.type === 'content_chunk' || event.type === 'reasoning_chunk') {
      const type = event.type === 'content_chunk' ? 'text' : 'reasoning'
      if (last?.type === type) last.text += event.content
      else parts.push({ type, text: event.content })
    } else if (event.type === 'data_chunk') parts.push(event)
    else if (event.type === 'tool_call_chunk') {
      const isKnown = parts.some(({ type, index }) => type === 'tool_call' && index === event.index)
      if (!isKnown) parts.push({ type: 'tool_call', index: event.index })
    }
  }
  const calls = toolCalls(events)
  return parts
    .filter(({ text }) => text !== '')
    .map((part) =>
      part.type === 'tool_call'
        ? { type: part.type, ...calls.find(({ index }) => index === part.index) }
        : part,
    )
}

test('any sequence with retries says what its events that are not void say, after each of them', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.nat({ max: 5 }), (steps, since) => {
      const transcript = new Transcript({ lastChunkId: since, text: 'kept ', reasoning: 'before ' })
      const events: StreamEvent[] = []
      for (const each of steps) {
        const event = eventOf(each, since + events.length + 1, since)
        events.push(event)
        transcript.apply(event)
        const valid = kept(events)
        expect(transcript.text).toBe(`kept ${joined(valid, 'content_chunk')}`)
        expect(transcript.reasoning).toBe(`before ${joined(valid, 'reasoning_chunk')}`)
        expect(transcript.toolCalls).toEqual(toolCalls(valid))
        expect(transcript.data).toEqual(valid.filter(({ type }) => type === 'data_chunk'))
        expect(transcript.lastChunkId).toBe(event.chunk_id)
        expect(partsOf(transcript)).toEqual(partsIn(valid))
      }
    }),
    { numRuns: 300 },
  )
})

test('fragments of one tool call are joined, and its id and name are kept', () => {
  const transcript = new Transcript()
  const fragment = (fields: Partial<WithoutChunkId<StreamEvent>>, chunk_id: number) =>
    transcript.apply({ type: 'tool_call_chunk', index: 0, ...fields, chunk_id } as StreamEvent)
  fragment({ id: 'call_1', name: 'weather', arguments: '' }, 1)
  fragment({ arguments: '{"city":' }, 2)
  fragment({ arguments: '"Lyon"}' }, 3)
  expect(transcript.toolCalls).toEqual([
    { index: 0, id: 'call_1', name: 'weather', arguments: '{"city":"Lyon"}' },
  ])
})

test('the parts of an answer stand in the order in which they began', () => {
  const transcript = new Transcript()
  const source = { type: 'source', chunk_id: 4, url: 'https://example.com' } as const
  const file = {
    type: 'file',
    chunk_id: 8,
    media_type: 'image/png',
    url: 'https://example.com/a.png',
  } as const
  const result = { type: 'tool_result', chunk_id: 9, index: 0, output: 20 } as const
  for (const event of [
    { type: 'reasoning_chunk', chunk_id: 1, content: 'hm' },
    { type: 'content_chunk', chunk_id: 2, content: 'It is ' },
    { type: 'content_chunk', chunk_id: 3, content: 'warm' },
    source,
    { type: 'content_chunk', chunk_id: 5, content: ', I think.' },
    { type: 'tool_call_chunk', chunk_id: 6, index: 0, id: 'call_1', name: 'weather', arguments: '{}' },
    { type: 'content_chunk', chunk_id: 7, content: 'It is.' },
    file,
    result,
  ]) {
    transcript.apply(event as StreamEvent)
  }
  const call = { type: 'tool_call', index: 0, id: 'call_1', name: 'weather', arguments: '{}', result }
  expect(partsOf(transcript)).toEqual([
    { type: 'reasoning', text: 'hm' },
    { type: 'text', text: 'It is warm, I think.' },
    source,
    call,
    { type: 'text', text: 'It is.' },
    file,
  ])
})

test('a transcript that was kept goes on with its order, also if that was not kept', () => {
  const events = [
    { type: 'content_chunk', chunk_id: 1, content: 'a' },
    { type: 'data_chunk', chunk_id: 2, name: 'other', data: 1 },
    { type: 'content_chunk', chunk_id: 3, content: 'b' },
  ] as const
  const first = new Transcript()
  for (const event of events) first.apply(event)
  const { lastChunkId, text, data, order } = first
  const [a, datum, b] = partsOf(first)
  const more = { type: 'content_chunk', chunk_id: 4, content: 'c' } as const
  const again = new Transcript({ lastChunkId, text, data, order })
  again.apply(more)
  expect(partsOf(again)).toEqual([a, datum, { type: 'text', text: 'bc' }])
  const without = new Transcript({ lastChunkId, text, data })
  without.apply(more)
  expect(partsOf(without)).toEqual([{ type: 'text', text: 'ab' }, datum, { type: 'text', text: 'c' }])
  expect(b).toEqual({ type: 'text', text: 'b' })
})

test('it cannot take back what came before it began, and says so', () => {
  const transcript = new Transcript({ lastChunkId: 7, text: 'seven' })
  expect(transcript.canApply(retryEvent(8, 7))).toBe(true)
  expect(transcript.canApply(retryEvent(8, 6))).toBe(false)
})

test('tool calls that were kept from before survive a retry', () => {
  const call = { index: 0, id: 'call_1', name: 'weather', arguments: '{"a' }
  const transcript = new Transcript({ lastChunkId: 3, text: '', toolCalls: [call] })
  transcript.apply({ type: 'tool_call_chunk', chunk_id: 4, index: 0, arguments: '":1}' })
  expect(transcript.toolCalls[0]?.arguments).toBe('{"a":1}')
  transcript.apply(retryEvent(5, 3))
  expect(transcript.toolCalls).toEqual([call])
})

test('the first id and name that are not empty stand', () => {
  const transcript = new Transcript()
  const fragment = (chunk_id: number, id: string, name: string) =>
    transcript.apply({ type: 'tool_call_chunk', chunk_id, index: 0, id, name })
  fragment(1, '', '')
  fragment(2, 'call_1', '')
  fragment(3, '', 'weather')
  fragment(4, 'call_2', 'other')
  expect(transcript.toolCalls).toEqual([{ index: 0, id: 'call_1', name: 'weather', arguments: '' }])
})

test.each([
  { type: 'content_chunk', content: null },
  { type: 'reasoning_chunk', content: { not: 'text' } },
  { type: 'content_chunk' },
  { type: 'tool_call_chunk', index: null, id: 'call_1' },
  { type: 'stream_retry', keep_until: null },
  { type: 'never_heard_of', content: 'x' },
])('an event that says nothing moves the cursor and nothing else: %j', (fields) => {
  const transcript = new Transcript()
  transcript.apply({ type: 'content_chunk', chunk_id: 1, content: 'text' })
  expect(transcript.apply({ ...fields, chunk_id: 2 } as StreamEvent)).toBe(false)
  expect(transcript).toMatchObject({ lastChunkId: 2, text: 'text', reasoning: '', toolCalls: [] })
})

test('fields of a tool call that are no text count as absent', () => {
  const transcript = new Transcript()
  const fields = { id: null, name: 7, arguments: null }
  transcript.apply({ type: 'tool_call_chunk', chunk_id: 1, index: 0, ...fields } as unknown as StreamEvent)
  expect(transcript.toolCalls).toEqual([{ index: 0, id: null, name: null, arguments: '' }])
})

test('the terminal event is its end', () => {
  const transcript = new Transcript()
  expect(transcript.end).toBeUndefined()
  const end = { type: 'stream_cancelled', chunk_id: 1, reason: 'cancelled' } as const
  expect(transcript.apply(end)).toBe(true)
  expect(transcript.end).toBe(end)
})

test('lists are the same objects until they change', () => {
  const transcript = new Transcript()
  const fragment = { type: 'tool_call_chunk', index: 0, arguments: '{' } as const
  transcript.apply({ ...fragment, chunk_id: 1 })
  const { toolCalls, data } = transcript
  transcript.apply({ type: 'content_chunk', chunk_id: 2, content: 'x' })
  expect(transcript.toolCalls).toBe(toolCalls)
  expect(transcript.data).toBe(data)
  transcript.apply({ ...fragment, chunk_id: 3 })
  expect(transcript.toolCalls).not.toBe(toolCalls)
  expect(toolCalls[0]!.arguments).toBe('{')
})

test('the cost of a tool call does not grow with the calls before it', () => {
  // If it did, this would take minutes; no clock is needed to see that.
  const transcript = new Transcript()
  const calls = 200_000
  let chunk_id = 0
  for (let index = 0; index < calls; index += 1) {
    transcript.apply({ type: 'tool_call_chunk', chunk_id: ++chunk_id, index, id: `call_${index}` })
    transcript.apply({ type: 'tool_call_chunk', chunk_id: ++chunk_id, index, arguments: '{' })
    transcript.apply({ type: 'tool_call_chunk', chunk_id: ++chunk_id, index: 0, arguments: '}' })
  }
  expect(transcript.toolCalls).toHaveLength(calls)
  expect(transcript.toolCalls[0]!.arguments).toHaveLength(calls + 1)
})
