import { type AgentSubscriber, HttpAgent, type Message } from '@ag-ui/client'
import { EventSchemas } from '@ag-ui/core/schemas'
import { type StreamEvent, Transcript } from '@sluice/core'
import type { StreamRecord } from '@sluice/core/server'
import { testWire } from '@sluice/core/testing'
import { StreamProcessor } from '@tanstack/ai'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { randomEvents } from '../../test/support/random-events.ts'
import type { AgUiEvent } from './events.ts'
import { activitySnapshot, interrupt, stateDelta, stateSnapshot } from './parts.ts'
import { noteOfRun } from './run-id.ts'
import { agUiEvents } from './wire.ts'

const record: StreamRecord = {
  streamId: 'A'.repeat(22),
  stream: 'chat',
  owner: undefined,
  createdAt: 1_700_000_000_000,
  idempotency: undefined,
  note: noteOfRun('run_1'),
  thread: 'thread_1',
}

function said(events: readonly StreamEvent[]): AgUiEvent[] {
  const translator = agUiEvents.begin(record)
  return events.flatMap((event) => translator.push(event).map(({ data }) => data as AgUiEvent))
}

/** What `HttpAgent` makes of them: its messages, its state, its run's end. */
async function inHttpAgent(events: readonly AgUiEvent[]) {
  const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
  const headers = { 'content-type': 'text/event-stream' }
  const agent = new HttpAgent({
    url: 'http://a.example/',
    fetch: async () => new Response(body, { headers }),
  })
  const seen: { outcome?: string; error?: string; custom: unknown[]; steps: string[] } = {
    custom: [],
    steps: [],
  }
  const subscriber: AgentSubscriber = {
    onRunFinishedEvent({ outcome }) {
      seen.outcome = outcome
    },
    onRunErrorEvent({ event }) {
      seen.error = event.message
    },
    onCustomEvent({ event: { name, value } }) {
      seen.custom.push({ name, value })
    },
    onStepStartedEvent({ event }) {
      seen.steps.push(event.stepName)
    },
  }
  await agent.runAgent({ runId: 'run_1' }, subscriber)
  return { messages: agent.messages, state: agent.state, interrupts: agent.pendingInterrupts, ...seen }
}

/** The messages that TanStack AI's client makes of them. */
function inTanStack(events: readonly AgUiEvent[]) {
  const processor = new StreamProcessor()
  for (const event of events) processor.processChunk(structuredClone(event) as never)
  return processor.getMessages()
}

const textOf = (messages: readonly Message[], role: string) =>
  messages
    .map((message) => (message.role === role && typeof message.content === 'string' ? message.content : ''))
    .join('')

const number = (events: readonly object[]) =>
  events.map((event, at) => ({ ...event, chunk_id: at + 1 }) as StreamEvent)
const start = {
  type: 'stream_start',
  stream_id: record.streamId,
  stream: 'chat',
  created_at: record.createdAt,
}
const complete = {
  ...{ type: 'stream_complete', finish_reason: 'stop', total_chunks: 1, ttft_ms: 1, duration_ms: 2 },
  usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7, cached_tokens: 1, reasoning_tokens: 2 },
}
const content = (text: string) => ({ type: 'content_chunk', content: text })
const reasoning = (text: string) => ({ type: 'reasoning_chunk', content: text })
const call = { type: 'tool_call_chunk', index: 0, id: 'c1', name: 'search', arguments: '{"q":"x"}' }
const result = { type: 'tool_result', index: 0, id: 'c1', output: { hits: 3 }, is_error: false }
const part = ({ name, data }: { readonly name: string; readonly data: unknown }) => ({
  type: 'data_chunk' as const,
  name,
  data,
})
const retry = (keep_until: number) => ({
  ...{ type: 'stream_retry', error_type: 'api_error', retry_count: 1, delay_ms: 0, keep_until },
})

const twoRounds = number([
  ...[start, reasoning('Hm.'), content('I look '), content('it up.'), call, result],
  ...[content('Found.'), { type: 'source', url: 'https://a.example/', title: 'A' }],
  { type: 'file', media_type: 'image/png', data: 'AAAA' },
  ...[{ type: 'data_chunk', name: 'note', data: { n: 1 } }, complete],
])

describe('an answer of two rounds', () => {
  test('is in HttpAgent a message for each round, with the result between them', async () => {
    const { messages, outcome, custom, steps } = await inHttpAgent(said(twoRounds))
    const id = (kind: string, at: number) => `${kind}-${record.streamId}-${at}`
    expect(messages).toMatchObject([
      { id: id('reasoning', 2), role: 'reasoning', content: 'Hm.' },
      {
        ...{ id: id('message', 2), role: 'assistant', content: 'I look it up.' },
        toolCalls: [{ id: 'c1', function: { name: 'search', arguments: '{"q":"x"}' } }],
      },
      { id: id('result', 6), role: 'tool', toolCallId: 'c1', content: '{"hits":3}' },
      { id: id('message', 7), role: 'assistant', content: 'Found.' },
    ])
    expect(outcome).toBe('success')
    expect(steps).toEqual(['round-2', 'round-7'])
    expect(custom).toEqual([
      { name: 'source', value: { url: 'https://a.example/', title: 'A' } },
      { name: 'file', value: { mediaType: 'image/png', data: 'AAAA' } },
      { name: 'note', value: { n: 1 } },
    ])
  })

  test('is in TanStack AI the parts of its messages', () => {
    const [first, second] = inTanStack(said(twoRounds))
    expect(first?.parts).toMatchObject([
      { type: 'thinking', content: 'Hm.' },
      { type: 'text', content: 'I look it up.' },
      { type: 'tool-call', id: 'c1', name: 'search', arguments: '{"q":"x"}', output: { hits: 3 } },
      { type: 'tool-result', toolCallId: 'c1', content: '{"hits":3}', state: 'complete' },
    ])
    expect(second?.parts).toMatchObject([{ type: 'text', content: 'Found.' }])
  })

  test('begins and ends with its run, its thread, its usage and why it ended', () => {
    const events = said(twoRounds)
    const run = { threadId: 'thread_1', runId: 'run_1' }
    expect(events[0]).toEqual({ type: 'RUN_STARTED', ...run, protocolVersion: '1.0' })
    expect(events.at(-1)).toEqual({
      ...{ type: 'RUN_FINISHED', ...run, outcome: { type: 'success' } },
      metadata: { finishReason: 'stop', tanstack: { finishReason: 'stop' } },
      usage: [{ inputTokens: 3, outputTokens: 4, totalTokens: 7, cachedInputTokens: 1, reasoningTokens: 2 }],
    })
  })
})

test('reasoning between two texts keeps its place', async () => {
  const events = said(number([start, content('a'), reasoning('b'), content('c'), complete]))
  const { messages } = await inHttpAgent(events)
  expect(messages).toMatchObject([
    { role: 'assistant', content: 'a' },
    { role: 'reasoning', content: 'b' },
    { role: 'assistant', content: 'c' },
  ])
  expect(inTanStack(events).flatMap(({ parts }) => parts)).toMatchObject([
    { type: 'text', content: 'a' },
    { type: 'thinking', content: 'b' },
    { type: 'text', content: 'c' },
  ])
})

describe('the end of a run', () => {
  test('names the calls that are the client’s to run, and tells TanStack AI to run them', async () => {
    const events = said(
      number([start, content('Let me see.'), call, { ...complete, finish_reason: 'tool_calls' }]),
    )
    expect(events.at(-1)).toMatchObject({ outcome: { type: 'success', pendingToolCallIds: ['c1'] } })
    const { custom } = await inHttpAgent(events)
    expect(custom).toEqual([
      { name: 'tool-input-available', value: { toolCallId: 'c1', toolName: 'search', input: { q: 'x' } } },
    ])
  })

  test('is an outcome of its own if it was stopped, and everything that was open is closed', async () => {
    const open = { ...call, arguments: '' }
    const events = said(
      number([start, content('Hal'), open, { type: 'stream_cancelled', reason: 'cancelled' }]),
    )
    const { outcome, messages } = await inHttpAgent(events)
    expect(outcome).toBe('cancelled')
    expect(textOf(messages, 'assistant')).toBe('Hal')
    // `{}` would be a whole call.
    expect(events).not.toContainEqual(expect.objectContaining({ type: 'TOOL_CALL_ARGS' }))
  })

  test('is an error behind what had come', async () => {
    const failure = { type: 'stream_error', error_type: 'api_error', message: 'No.', recoverable: true }
    const events = said(number([start, content('Hal'), failure]))
    expect(events.at(-1)).toMatchObject({ type: 'RUN_ERROR', message: 'No.', code: 'api_error' })
    const { error, messages } = await inHttpAgent(events)
    expect(error).toBe('No.')
    expect(textOf(messages, 'assistant')).toBe('Hal')
  })

  test('has the interrupts of its last round, also if the viewer came back behind them', async () => {
    const events = number([
      ...[
        start,
        content('May I?'),
        call,
        part(interrupt({ id: 'i1', reason: 'approval_required', toolCallId: 'c1' })),
      ],
      ...[part(interrupt({ id: 'i2', reason: 'value' })), content('.'), complete],
    ])
    const { interrupts, outcome } = await inHttpAgent(said(events))
    expect(outcome).toBe('interrupt')
    expect(interrupts).toMatchObject([{ id: 'i1', toolCallId: 'c1' }, { id: 'i2' }])
    const first = agUiEvents.begin(record)
    for (const event of events.slice(0, 6)) first.push(event)
    const second = agUiEvents.begin(record)
    for (const event of events.slice(first.openSince! - 1, 6)) second.push(event)
    expect(second.push(events[6]!).at(-1)).toMatchObject({
      data: { outcome: { interrupts: [{ id: 'i1' }, { id: 'i2' }] } },
    })
  })
})

test('state, activities and their changes are events of AG-UI; what only looks like one is custom', async () => {
  const odd = part({ name: 'ag-ui', data: { type: 'STATE_DELTA', delta: 'no patch' } })
  const { state, messages, custom } = await inHttpAgent(
    said(
      number([
        ...[start, part(stateSnapshot({ done: 0 })), content('a')],
        part(stateDelta([{ op: 'replace', path: '/done', value: 1 }])),
        part(activitySnapshot({ messageId: 'a1', activityType: 'search', content: { found: 2 } })),
        ...[content('b'), odd, complete],
      ]),
    ),
  )
  expect(state).toEqual({ done: 1 })
  expect(textOf(messages, 'assistant')).toBe('ab')
  expect(messages).toContainEqual(
    expect.objectContaining({ id: 'a1', role: 'activity', content: { found: 2 } }),
  )
  expect(custom).toEqual([{ name: 'ag-ui', value: { type: 'STATE_DELTA', delta: 'no patch' } }])
})

test('a failed result is marked as one', () => {
  const failed = { ...result, output: 'No such page.', is_error: true }
  const [message] = inTanStack(said(number([start, call, failed, complete])))
  expect(message?.parts.at(-1)).toMatchObject({ type: 'tool-result', state: 'error', error: 'No such page.' })
})

test('two calls that are open with one id, which a client would fail on, have two', async () => {
  const other = { ...call, index: 1 }
  const events = said(number([start, call, other, result, { ...result, index: 1, output: 5 }, complete]))
  const { messages } = await inHttpAgent(events)
  expect(messages).toMatchObject([
    { toolCalls: [{ id: 'c1' }, { id: `call-${record.streamId}-3` }] },
    { toolCallId: 'c1', content: '{"hits":3}' },
    { toolCallId: `call-${record.streamId}-3`, content: '5' },
  ])
})

describe('an answer that begins anew', () => {
  test('is an error at its end, and nothing of it is said', async () => {
    const events = said(number([start, content('Wrong'), retry(1), content('Right.'), complete]))
    expect(events.at(-1)).toMatchObject({ type: 'RUN_ERROR', code: 'stream_retry' })
    expect((await inHttpAgent(events)).error).toMatch(/began anew/)
  })

  test('from where it was is one text', async () => {
    const { messages } = await inHttpAgent(
      said(number([start, content('a'), retry(2), content('b'), complete])),
    )
    expect(textOf(messages, 'assistant')).toBe('ab')
  })
})

describe('each answer', () => {
  test('is in both clients what it is in a transcript, and each event has the form of AG-UI', async () => {
    await fc.assert(
      fc.asyncProperty(randomEvents(['continue']), async (events) => {
        const sent = said(events)
        for (const event of sent) expect(EventSchemas.safeParse(event).success).toBe(true)
        expect(sent.at(-1)?.type).toMatch(/^RUN_(FINISHED|ERROR)$/)
        const transcript = new Transcript()
        for (const event of events) transcript.apply(event)
        const { messages, error } = await inHttpAgent(sent)
        expect(textOf(messages, 'assistant')).toBe(transcript.text)
        expect(textOf(messages, 'reasoning')).toBe(transcript.reasoning)
        expect(error).toBe(transcript.end?.type === 'stream_error' ? transcript.end.message : undefined)
        const parts = inTanStack(sent).flatMap((message) => message.parts)
        const joined = (type: 'text' | 'thinking') =>
          parts.map((part) => (part.type === type ? part.content : '')).join('')
        // It drops a text of nothing but spaces.
        const spaces = /\s/g
        expect(joined('text').replace(spaces, '')).toBe(transcript.text.replace(spaces, ''))
        expect([...joined('thinking')].sort()).toEqual([...transcript.reasoning].sort())
      }),
    )
  })

  test('is said again in the same way from where it has to begin', () => {
    fc.assert(
      fc.property(randomEvents(['restart', 'continue']), fc.nat(40), (given, at) => {
        const asked = part(interrupt({ id: 'i1', reason: 'value' }))
        const middle = given.slice(1, -1)
        const events = number([given[0]!, ...middle.slice(0, at), asked, ...middle.slice(at), given.at(-1)!])
        const first = agUiEvents.begin(record)
        const places = events.map((event) => ({
          openSince: first.openSince ?? event.chunk_id,
          said: first.push(event),
        }))
        for (const [place, { openSince }] of places.entries()) {
          const second = agUiEvents.begin(record)
          for (const event of events.slice(openSince - 1, place)) second.push(event)
          for (const [offset, event] of events.slice(place).entries()) {
            expect(second.push(event)).toEqual(places[place + offset]!.said)
          }
        }
      }),
    )
  })

  test('has text that is copied from the log as it would be if it were pushed', () => {
    fc.assert(
      fc.property(randomEvents(['restart', 'continue']), (events) => {
        const translator = agUiEvents.begin(record)
        for (const event of events) {
          const isText = event.type === 'content_chunk' || event.type === 'reasoning_chunk'
          const around = isText ? translator.around?.(event.type) : undefined
          const pushed = translator.push(event)
          if (!isText || around === undefined) continue
          const spliced = `${around.before}${JSON.stringify(event.content)}${around.after}`
          expect(pushed.map(({ data }) => JSON.stringify(data))).toEqual([spliced])
        }
      }),
    )
  })
})

testWire(
  'agUiEvents',
  agUiEvents,
  { describe, test },
  {
    record: { note: noteOfRun('run_1'), thread: 'thread_1' },
    events: [
      part(interrupt({ id: 'i1', reason: 'value' })),
      part(stateSnapshot({ done: 0 })),
      part({ name: 'ag-ui', data: { type: 'STATE_DELTA', delta: 'no patch' } }),
    ],
  },
)
