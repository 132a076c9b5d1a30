import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { StreamingError } from '../../errors.ts'
import { manualClock, recordingSink, scriptedSource } from '../../testing/index.ts'
import { defineStream, type StreamDefinitions } from '../definition/define-stream.ts'
import type { LogWriter, Restarter, RestartPlan, StreamRecord } from '../log/log.ts'
import { type MemoryLog, memoryLog } from '../log/memory-log.ts'
import { createHub, type HubOptions } from './hub.ts'

/** A memory log that a test asks to have a stream begin anew, as a shared one does when a producer died. */
function orphaning(log: MemoryLog) {
  const plans: (RestartPlan | undefined)[] = []
  let restarter: Restarter | undefined
  const { create } = log
  log.create = (record: StreamRecord, plan?: RestartPlan) => {
    plans.push(plan)
    return create.call(log, record)
  }
  Object.assign(log, {
    restartWith: (given: Restarter) => {
      restarter = given
    },
  })
  return { plans, restarter: () => restarter! }
}

function scene(more: Partial<HubOptions<StreamDefinitions>> = {}) {
  const clock = manualClock()
  const source = scriptedSource()
  const log = memoryLog({ clock })
  const orphans = orphaning(log)
  const input = z.object({ question: z.string() })
  const streams: StreamDefinitions = {
    chat: defineStream({
      input,
      run: source.run,
      onProducerLost: { maxRestarts: 3, context: ({ owner }) => `for ${owner}` },
    }),
    once: defineStream({ input, run: source.run }),
  }
  const error = vi.fn()
  const logger = { debug() {}, info() {}, warn() {}, error }
  const hub = createHub<StreamDefinitions>({ streams, log, clock, logger, ...more })
  /** As the log creates it in the place of one that was left. */
  const successor = async (stream = 'chat', owner?: string): Promise<LogWriter> => {
    const record = { streamId: 'second', stream, owner, createdAt: 7, idempotency: undefined }
    const creation = await log.create(record)
    if (creation.outcome !== 'created') throw new Error(creation.outcome)
    return creation.writer
  }
  const watch = async () => {
    const sink = recordingSink()
    sink.watch(await hub.find({ streamId: 'second', owner: 'ada' }))
    return sink
  }
  return { hub, source, clock, error, successor, watch, ...orphans }
}

const plan: RestartPlan = {
  input: '{"input":{"question":"why?"}}',
  restarts: 1,
  maxRestarts: 3,
  checkpoint: 'resp_1',
}

test('only a definition that asks for it has its input kept, as it came', async () => {
  const { hub, plans } = scene()
  await hub.start({ stream: 'chat', input: { question: 'why?', more: 1 } })
  await hub.start({ stream: 'once', input: { question: 'why?' } })
  const input = '{"input":{"question":"why?","more":1}}'
  expect(plans).toEqual([{ input, restarts: 0, maxRestarts: 3, checkpoint: undefined }, undefined])
})

test('a stream that is of no name here cannot be begun by another process, so nothing is kept', async () => {
  const { hub, plans } = scene()
  const own = defineStream({ input: z.unknown(), run: scriptedSource().run, onProducerLost: 'restart' })
  await hub.startWith(own, { stream: 'chat', input: {} })
  expect(plans).toEqual([undefined])
})

test('what a producer left begins anew, with its input, a context and its checkpoint', async () => {
  const { restarter, successor, source, watch, hub } = scene()
  restarter().restart(await successor('chat', 'ada'), plan)
  const attempt = await source.asked()
  expect(attempt.context).toMatchObject({
    input: { question: 'why?' },
    context: 'for ada',
    owner: 'ada',
    streamId: 'second',
    restarts: 1,
    checkpoint: 'resp_1',
  })
  expect(hub.load.streams).toBe(1)
  const sink = await watch()
  attempt.push('because')
  attempt.finish()
  await sink.ended
  expect(sink.types).toEqual(['stream_start', 'content_chunk', 'stream_complete'])
})

test('a checkpoint that led to nothing is not tried twice', async () => {
  const { restarter, successor, source, clock } = scene()
  restarter().restart(await successor(), plan)
  const first = await source.asked()
  first.fail(new StreamingError('api_error'))
  await first.ended
  await clock.pass(60_000)
  const second = await source.asked()
  expect(second.context).toMatchObject({ attempt: 1, restarts: 1, checkpoint: undefined })
})

test('an input that the schema of today does not take ends the stream, and says why', async () => {
  const { restarter, successor, watch, error, hub } = scene()
  restarter().restart(await successor('chat', 'ada'), { ...plan, input: '{"input":{}}' })
  const sink = await watch()
  await sink.ended
  expect(sink.events).toMatchObject([{ type: 'stream_error', error_type: 'invalid_request' }])
  expect(error).toHaveBeenCalledOnce()
  expect(hub.load.streams).toBe(0)
})

test('a place that is gone meanwhile ends the stream with the reason', async () => {
  const { restarter, successor, watch } = scene({ limits: { maxStreamsPerOwner: 0 } })
  restarter().restart(await successor('chat', 'ada'), plan)
  const sink = await watch()
  await sink.ended
  expect(sink.events).toMatchObject([{ type: 'stream_error', error_type: 'rate_limit' }])
})

test('it takes on what its definitions ask for, and nothing while it closes', async () => {
  const { restarter, hub } = scene()
  const accepts = (stream: string) =>
    restarter().accepts({ streamId: 's', stream, owner: undefined, createdAt: 0, idempotency: undefined })
  expect(['chat', 'once', 'other', 'toString'].map(accepts)).toEqual([true, false, false, false])
  await hub.close()
  expect(accepts('chat')).toBe(false)
})

test('a bound that would allow no restart is refused when the server starts', () => {
  const chat = defineStream({
    input: z.unknown(),
    run: scriptedSource().run,
    onProducerLost: { maxRestarts: 0 },
  })
  expect(() => createHub({ streams: { chat }, log: memoryLog() })).toThrow(/onProducerLost.maxRestarts/)
})
