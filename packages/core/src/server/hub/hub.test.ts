import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { randomKey } from '../../../test/fixtures.ts'
import { CALM, Harness, readAll } from '../../../test/harness.ts'
import type { StreamingError } from '../../errors.ts'
import { recordingSink, settle } from '../../testing/index.ts'
import { defineStream } from '../definition/define-stream.ts'
import { memoryLog } from '../log/memory-log.ts'
import { createHub } from './hub.ts'

const Prompt = z.object({
  messages: z.array(z.object({ role: z.enum(['user', 'assistant']), content: z.string().min(1) })).min(1),
})

describe('createHub', () => {
  const withName = (name: string) => () =>
    createHub({
      streams: { [name]: defineStream({ input: z.any(), run: async function* () {} }) },
      log: memoryLog(),
    })

  test.each(['chat', 'Chat', 'chat-2', 'chat_2', 'c'])('takes the name %j', (name) => {
    expect(withName(name)).not.toThrow()
  })

  test.each(['', '2chat', 'a/b', '../a', 'a b', 'ä', '-a', '_a', 'a.b'])(
    'refuses the name %j, and says why',
    (name) => {
      expect(withName(name)).toThrow(RangeError)
      expect(withName(name)).toThrow(`'${name}' cannot name a stream`)
    },
  )
})

describe('what a stream is started with', () => {
  test('is what the schema makes of the input', async () => {
    const input = z.object({ n: z.coerce.number(), lang: z.string().default('en') })
    const harness = new Harness({ definition: { input } })
    await harness.start({ input: { n: '5', extra: true } })
    const { context } = await harness.source.asked()
    expect(context.input).toEqual({ n: 5, lang: 'en' })
  })

  test.each<[string, unknown, string, (string | number)[][]]>([
    ['nothing', undefined, 'input: ', [[]]],
    ['no object', 'hello', 'input: ', [[]]],
    ['a missing field', {}, 'messages: ', [['messages']]],
    ['an empty list', { messages: [] }, 'messages: ', [['messages']]],
    [
      'two wrong fields',
      {
        messages: [
          { role: 'user', content: 'a' },
          { role: 'god', content: '' },
        ],
      },
      'messages.1.role: ',
      [
        ['messages', 1, 'role'],
        ['messages', 1, 'content'],
      ],
    ],
  ])('is refused when it is %s, place by place', async (_what, input, message, paths) => {
    const harness = new Harness({ definition: { input: Prompt } })
    const error = await refusal(harness.start({ input }))
    expect(error).toMatchObject({ type: 'invalid_request', status: 400, recoverable: false })
    expect(error.message.startsWith(message)).toBe(true)
    expect(error.issues?.map(({ path }) => path)).toEqual(paths)
    expect([harness.source.attempts.length, harness.log.size.streams]).toEqual([0, 0])
  })

  test('may be validated later', async () => {
    const input = z.string().refine(async (text) => text !== 'no', 'no')
    const harness = new Harness({ definition: { input } })
    await harness.start({ input: 'yes' })
    expect(await refusal(harness.start({ input: 'no' }))).toMatchObject({ type: 'invalid_request' })
  })

  test('has to name a definition of the hub’s', async () => {
    const harness = new Harness()
    for (const stream of ['nope', 'toString', '__proto__', 'constructor', '']) {
      const error = await refusal(harness.start({ stream }))
      expect(error).toMatchObject({ type: 'not_found', status: 404 })
      expect(error.message).toContain('chat')
    }
  })
})

describe('finding a stream', () => {
  test('leads to what it has, and what it gets', async () => {
    const harness = new Harness()
    const { stream, attempt } = await harness.play()
    attempt.push('a')
    await attempt.taken()
    const found = await harness.hub.find({ streamId: stream.record.streamId, stream: 'chat' })
    expect([found.record, found.last, found.ended]).toEqual([stream.record, 2, false])
    const sink = recordingSink()
    sink.watch(found, { after: 1 })
    attempt.finish()
    await sink.ended
    expect(sink.types).toEqual(['content_chunk', 'stream_complete'])
    expect([found.last, found.ended]).toEqual([3, true])
  })

  test.each([
    ['beyond the end', 3],
    ['far beyond the end', 1e9],
  ])('with a cursor %s is refused: it has what the log has not', async (_where, after) => {
    const harness = new Harness()
    const { stream, attempt } = await harness.play()
    attempt.push('a')
    await attempt.taken()
    for (const attach of [() => stream.checkCursor(after), () => recordingSink().watch(stream, { after })]) {
      expect(thrown(attach)).toMatchObject({ type: 'resume_expired', status: 410 })
    }
    expect(harness.hub.load.viewers).toBe(1)
  })

  test.each([-1, 0.5, Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY])(
    'with a cursor of %d is refused',
    async (after) => {
      const stream = await new Harness().start()
      expect(thrown(() => stream.checkCursor(after))).toMatchObject({ type: 'invalid_request', status: 400 })
      expect(thrown(() => recordingSink().watch(stream, { after }))).toMatchObject({
        type: 'invalid_request',
      })
    },
  )

  test('with a cursor that the log has trimmed is refused', async () => {
    const harness = new Harness({ log: { maxStreamBytes: 8192, resumeMarginBytes: 0 } })
    const { stream, attempt } = await harness.play()
    attempt.push(...Array.from({ length: 500 }, () => 'x'.repeat(100)))
    await attempt.taken()
    expect(thrown(() => stream.checkCursor(0))).toMatchObject({ type: 'resume_expired', status: 410 })
    expect(thrown(() => stream.checkCursor(stream.last))).toBeUndefined()
  })
})

describe('limits', () => {
  test('maxStreams refuses another start until one ends', async () => {
    const harness = new Harness({ hub: { limits: { maxStreams: 2 } } })
    const { sink, attempt } = await harness.play()
    await harness.start()
    expect(await refusal(harness.start())).toMatchObject({
      type: 'capacity',
      status: 503,
      retryAfterMs: 1000,
    })
    attempt.finish()
    await sink.ended
    await harness.start()
    expect(harness.hub.load.streams).toBe(2)
  })

  test('maxStreamsPerOwner refuses one owner, not another', async () => {
    const harness = new Harness({ hub: { limits: { maxStreamsPerOwner: 1 } } })
    const mine = await harness.start({ owner: 'ada' })
    const error = await refusal(harness.start({ owner: 'ada' }))
    expect(error).toMatchObject({ type: 'rate_limit', status: 429, retryAfterMs: 1000 })
    await harness.start({ owner: 'bob' })
    await harness.start()
    await harness.start()
    await harness.hub.cancel({ streamId: mine.record.streamId, owner: 'ada' })
    await harness.start({ owner: 'ada' })
  })

  test('maxViewers refuses another viewer until one leaves', async () => {
    const harness = new Harness({ hub: { limits: { maxViewers: 1 } } })
    const { stream, sink } = await harness.play()
    expect(thrown(() => recordingSink().watch(stream))).toMatchObject({ type: 'capacity', status: 503 })
    sink.viewer.detach()
    recordingSink().watch(stream)
    expect(harness.hub.load.viewers).toBe(1)
  })

  test('a log that is full refuses a start, and has room again', async () => {
    const harness = new Harness({ log: { maxStreamBytes: 8192, maxBytes: 8192, resumeMarginBytes: 0 } })
    const stream = await harness.start()
    const attempt = await harness.source.asked()
    attempt.push(...Array.from({ length: 100 }, () => 'x'.repeat(100)))
    await settle()
    expect(await refusal(harness.start())).toMatchObject({ type: 'capacity' })
    await harness.hub.cancel({ streamId: stream.record.streamId })
    await harness.start()
  })

  test('what was refused takes no place', async () => {
    const harness = new Harness({ definition: { input: Prompt } })
    await refusal(harness.start({ input: {} }))
    await refusal(harness.start({ stream: 'nope' }))
    await refusal(harness.start({ idempotencyKey: 'short' }))
    expect(harness.hub.load).toEqual({ streams: 0, viewers: 0 })
  })
})

describe('whenUnwatched', () => {
  const unwatched = () => new Harness({ definition: { whenUnwatched: { cancelAfterMs: 5000 } } })

  test('cancels a run that never had a viewer', async () => {
    const harness = unwatched()
    const stream = await harness.start()
    const attempt = await harness.source.asked()
    await harness.clock.pass(4900)
    expect(stream.ended).toBe(false)
    await harness.clock.pass(200)
    await attempt.aborted
    const { events } = await readAll(stream)
    expect(events.at(-1)).toMatchObject({ type: 'stream_cancelled', reason: 'unwatched' })
  })

  test('cancels a run whose last viewer left, when nobody came back in time', async () => {
    const harness = unwatched()
    const { stream, sink } = await harness.play()
    await harness.clock.pass(20_000)
    const other = recordingSink()
    other.watch(stream)
    sink.viewer.detach()
    await harness.clock.pass(10_000)
    other.viewer.detach()
    await harness.clock.pass(4000)
    const back = recordingSink()
    back.watch(stream)
    await harness.clock.pass(10_000)
    expect(stream.ended).toBe(false)
    back.viewer.detach()
    await harness.clock.pass(5100)
    expect(stream.ended).toBe(true)
  })

  test('lets it run unless it is said otherwise', async () => {
    const harness = new Harness({ definition: { timeouts: { firstChunkMs: Number.POSITIVE_INFINITY } } })
    const stream = await harness.start()
    await harness.clock.pass(86_400)
    expect(stream.ended).toBe(false)
  })
})

test('a stream of a route’s own needs no definition in the hub', async () => {
  const harness = new Harness()
  const own = defineStream({
    input: z.string(),
    run: async function* ({ input }) {
      yield input
    },
  })
  const stream = await harness.hub.startWith(own, {
    stream: 'mine',
    input: 'hello',
    idempotencyKey: randomKey(),
  })
  const sink = await readAll(stream)
  expect([sink.text, sink.reason, stream.record.stream]).toEqual(['hello', 'ended', 'mine'])
})

test('nothing is left of a hub whose streams have ended', async () => {
  const harness = new Harness({ hub: { pressure: CALM }, log: { keepEndedMs: 1000 } })
  const scenes = [await harness.play(), await harness.play(), await harness.play()]
  for (const { attempt } of scenes) attempt.finish()
  await Promise.all(scenes.map(({ sink }) => sink.ended))
  expect(harness.hub.load).toEqual({ streams: 0, viewers: 0 })
  await harness.clock.pass(5000)
  expect([harness.clock.size, harness.log.byteLength, harness.log.size.streams]).toEqual([0, 0, 0])
})

async function refusal(start: Promise<unknown>): Promise<StreamingError> {
  return start.then(
    () => {
      throw new Error('It was not refused.')
    },
    (error) => error,
  )
}

function thrown(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  return undefined
}
