import type { StreamEvent, WithoutChunkId } from '@sluice/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { content, reasoning, retry } from '../test/events.ts'
import { Transcript } from './transcript.ts'

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

function eventOf(step: Step, chunk_id: number, since: number): StreamEvent {
  switch (step.kind) {
    case 'text':
      return content(chunk_id, step.content)
    case 'reasoning':
      return reasoning(chunk_id, step.content)
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
      return retry(chunk_id, Math.max(since, chunk_id - 1 - step.back))
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

function toolCalls(events: readonly StreamEvent[]) {
  const calls = new Map<number, { index: number; id: string | null; name: null; arguments: string }>()
  for (const event of events) {
    if (event.type !== 'tool_call_chunk') continue
    const before = calls.get(event.index)
    calls.set(event.index, {
      index: event.index,
      id: event.id ?? null,
      name: null,
      arguments: (before?.arguments ?? '') + (event.arguments ?? ''),
    })
  }
  return [...calls.values()]
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
        expect(transcript.lastChunkId).toBe(event.chunk_id)
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

test('it cannot take back what came before it began, and says so', () => {
  const transcript = new Transcript({ lastChunkId: 7, text: 'seven' })
  expect(transcript.canApply(retry(8, 7))).toBe(true)
  expect(transcript.canApply(retry(8, 6))).toBe(false)
})

test('tool calls that were kept from before survive a retry', () => {
  const call = { index: 0, id: 'call_1', name: 'weather', arguments: '{"a' }
  const transcript = new Transcript({ lastChunkId: 3, text: '', toolCalls: [call] })
  transcript.apply({ type: 'tool_call_chunk', chunk_id: 4, index: 0, arguments: '":1}' })
  expect(transcript.toolCalls[0]?.arguments).toBe('{"a":1}')
  transcript.apply(retry(5, 3))
  expect(transcript.toolCalls).toEqual([call])
})
