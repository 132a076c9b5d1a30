import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import { recordingSink } from '@sluice/core/testing'
import { test } from 'tap'
import { z } from 'zod'
import { framingOf, wsFraming } from './framing.ts'
import { frameText } from './websocket-frame.ts'

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

/** The messages that viewers with these framings are sent. */
async function sentAfter(after: number, maxFrameBytes: number) {
  const { handle, events } = await streamOf(texts)
  const sent = { message: [] as string[], frame: [] as string[] }
  for (const form of ['message', 'frame'] as const) {
    const framing = wsFraming('the "id"', form)
    await new Promise<void>((resolve) => {
      const write = (frame: Uint8Array) => sent[form].push(Buffer.from(frame).toString('latin1')) > 0
      handle.attach({ after, framing, maxFrameBytes, sink: { write, end: () => resolve() } })
    })
  }
  const messages = sent.message.map((text) => Buffer.from(text, 'latin1').toString())
  return { messages: messages.map((text) => JSON.parse(text)), sent, texts: messages, events }
}

test('several events are a chunk_batch of what the log has', async (t) => {
  const { messages, events } = await sentAfter(0, 65_536)
  t.same(messages, [{ type: 'chunk_batch', stream_id: 'the "id"', chunks: events }])
})

test('single events have stream_id once', async (t) => {
  const { messages, events } = await sentAfter(0, 1)
  t.same(messages, [events[0], ...events.slice(1).map((event) => ({ stream_id: 'the "id"', ...event }))])
})

test('a frame has the text of the message', async (t) => {
  for (const maxFrameBytes of [1, 65_536]) {
    const { sent, texts } = await sentAfter(0, maxFrameBytes)
    t.same(
      sent.frame,
      texts.map((text) => frameText(text).toString('latin1')),
    )
  }
})

test('viewers of one stream share a framing', async (t) => {
  const { handle } = await streamOf(texts)
  t.equal(framingOf(handle.record, 'frame'), framingOf(handle.record, 'frame'))
  t.not(framingOf(handle.record, 'frame'), framingOf(handle.record, 'message'))
})
