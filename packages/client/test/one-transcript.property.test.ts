import {
  type Part,
  partsOf,
  type StreamEvent,
  StreamingError,
  Transcript,
  type TranscriptContent,
} from '@sluice/core'
import { createHub, defineStream, memoryLog, type StreamEnd } from '@sluice/core/server'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { createClient, type Snapshot, type Transport } from '../src/index.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 4 })
const mayBe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })

const toolCall = fc
  .record({
    index: fc.nat({ max: 2 }),
    id: mayBe(fc.constantFrom('', 'call_1', 'call_2')),
    name: mayBe(fc.constantFrom('', 'weather', 'time')),
    arguments: mayBe(text),
  })
  .map(({ index, ...rest }) => {
    const given = Object.entries(rest).filter(([, value]) => value !== undefined)
    return { type: 'tool_call', index, ...Object.fromEntries(given) } as Part
  })

const part: fc.Arbitrary<Part> = fc.oneof(
  { weight: 4, arbitrary: text },
  text.map((content): Part => ({ type: 'content', content })),
  { weight: 2, arbitrary: text.map((content): Part => ({ type: 'reasoning', content })) },
  { weight: 4, arbitrary: toolCall },
  fc.jsonValue({ maxDepth: 1 }).map((data): Part => ({ type: 'data', name: 'any', data })),
  fc
    .record({ id: fc.constantFrom('call_1', 'call_2', 'call_3'), output: fc.jsonValue({ maxDepth: 1 }) })
    .map(({ id, output }): Part => ({ type: 'tool_result', id, output })),
  text.map((quote): Part => ({ type: 'source', url: 'https://example.com/', quote })),
  text.map((name): Part => ({ type: 'file', mediaType: 'image/png', data: 'AAAA', name })),
  fc.constant<Part>({ type: 'finish', finishReason: 'tool_calls' }),
)

const schedule = fc.record({
  /** Each attempt but the last fails after its parts. */
  attempts: fc.array(fc.array(part, { maxLength: 12 }), { minLength: 1, maxLength: 4 }),
  coalesce: fc.boolean(),
  /** How many events a connection of the client brings. */
  connections: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 4 }),
})

/** Runs it: what `onEnd` was told, and the log. */
async function run(attempts: readonly (readonly Part[])[], coalesce: boolean) {
  const told = Promise.withResolvers<StreamEnd>()
  const chat = defineStream({
    input: z.object({}),
    retry: { maxRetries: attempts.length, baseMs: 0, afterFirstChunk: 'restart' },
    ...(coalesce && { coalesce: { maxChunks: 3 } }),
    run: async function* ({ attempt }): AsyncGenerator<Part> {
      yield* attempts[attempt]!
      // After a finish that ends an answer, an error takes nothing away from it.
      yield { type: 'reasoning', content: '.' }
      if (attempt < attempts.length - 1) throw new StreamingError('connection_lost')
      yield { type: 'finish', finishReason: 'stop' }
    },
    onEnd: told.resolve,
  })
  const hub = createHub({ streams: { chat }, log: memoryLog() })
  const handle = await hub.start({ stream: 'chat', input: {} })
  const events = await Array.fromAsync(handle.read())
  const end = await told.promise
  await hub.close()
  return { end, events }
}

/** A session's last snapshot, if these events come over connections that break after the given numbers of them. */
function follow(events: readonly StreamEvent[], connections: readonly number[]): Promise<Snapshot> {
  let opened = 0
  const transport: Transport = {
    async open(request) {
      const after = request.kind === 'resume' ? request.lastChunkId : 0
      const size = connections[opened++ % connections.length]!
      const batches = [events.slice(after, after + size)]
      return {
        streamId: 'stream-1',
        async next() {
          const batch = batches.pop()
          if (batch === undefined) throw new StreamingError('connection_lost')
          return batch
        },
      }
    },
    cancel: () => Promise.resolve(),
  }
  return createClient({ transport, storage: null, retry: { baseMs: 0 } }).start('chat', {}).done
}

const said = (content: Omit<TranscriptContent, 'lastChunkId'>) => {
  const { text, reasoning, toolCalls, data, sources, files, order } = content
  return { text, reasoning, toolCalls, data, sources, files, order, parts: partsOf(content) }
}

test('onEnd, the client’s session and the reducer over the log say the same of any sequence of parts', async () => {
  await fc.assert(
    fc.asyncProperty(schedule, async ({ attempts, coalesce, connections }) => {
      const { end, events } = await run(attempts, coalesce)
      const transcript = new Transcript()
      for (const event of events) transcript.apply(event)
      const snapshot = await follow(events, connections)

      expect(snapshot.state).toBe('completed')
      expect(said(end)).toEqual(said(transcript))
      expect(said(snapshot)).toEqual(said(transcript))
      // Each call of the last attempt has a number of its own, and no fragment of another call.
      const numbers = transcript.toolCalls.map(({ index }) => index)
      expect(new Set(numbers).size).toBe(numbers.length)
    }),
    { numRuns: 150 },
  )
})
