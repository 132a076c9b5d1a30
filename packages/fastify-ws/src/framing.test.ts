import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import { recordingSink } from '@sluice/core/testing'
import { test } from 'tap'
import { z } from 'zod'
import { framingOf, wsFraming } from './framing.ts'

const texts = ['one', '"', '漢👩‍👩‍👧', '\u0000\n', ']}']

async function streamOf(said: readonly string[]) {
  const chat = defineStream({
    input: z.unknown(),
    async *run() {
      yield* said
    },
  })
  const hub = createHub({ streams: { chat }, log: memoryLog() })
  const handle = await hub.start({ stream: 'chat', input: null })
  const whole = recordingSink()
  whole.watch(handle)
  await whole.ended
  return { handle, events: whole.events }
}

/** What a viewer with this framing is sent. */
async function framesAfter(after: number, maxFrameBytes: number) {
  const { handle, events } = await streamOf(texts)
  const frames: string[] = []
  await new Promise<void>((resolve) => {
    handle.attach({
      after,
      framing: wsFraming('the "id"').message,
      maxFrameBytes,
      sink: { write: (frame) => frames.push(Buffer.from(frame).toString()) > 0, end: () => resolve() },
    })
  })
  return { frames: frames.map((frame) => JSON.parse(frame)), events }
}

test('several events are a chunk_batch of what the log has', async (t) => {
  const { frames, events } = await framesAfter(0, 65_536)
  t.same(frames, [{ type: 'chunk_batch', stream_id: 'the "id"', chunks: events }])
})

test('single events have stream_id once', async (t) => {
  const { frames, events } = await framesAfter(0, 1)
  t.same(frames, [events[0], ...events.slice(1).map((event) => ({ stream_id: 'the "id"', ...event }))])
})

test('viewers of one stream share a framing', async (t) => {
  const { handle } = await streamOf(texts)
  t.equal(framingOf(handle.record), framingOf(handle.record))
})
