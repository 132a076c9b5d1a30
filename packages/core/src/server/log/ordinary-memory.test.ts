import { Buffer } from 'node:buffer'
import { ReadableStream } from 'node:stream/web'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { jsonLines, recordingSink } from '../../testing/recording-sink.ts'
import { defineStream } from '../definition/define-stream.ts'
import type { Framing } from '../delivery/viewer.ts'
import { createHub } from '../hub/hub.ts'
import { memoryLog } from './memory-log.ts'
import { Segments } from './segments.ts'

const TEXTS = Array.from({ length: 40 }, (_, index) => `{"text":"${'é'.repeat(index * 7)}"}`)

/** Long enough that the log has segments of both kinds of memory. */
function range(largest: number) {
  const segments = new Segments(largest)
  for (const text of TEXTS) segments.append(text)
  return segments.range(0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
}

describe('what a visitor is given', () => {
  test.each([256, 65_536])(
    'can be transferred, and the log keeps its own (segments of %i bytes)',
    (largest) => {
      const events = range(largest)
      const texts: string[] = []
      events.forEach((_chunkId, json) => {
        const { buffer } = json
        expect(buffer).toBeInstanceOf(ArrayBuffer)
        expect(buffer.byteLength).toBe(json.length)
        texts.push(Buffer.from(structuredClone(buffer, { transfer: [buffer as ArrayBuffer] })).toString())
        expect(json.length, 'it was transferred').toBe(0)
      })
      expect(texts).toEqual(TEXTS)
      const copy = Buffer.alloc(events.byteLength + TEXTS.length - 1)
      events.copy(copy, 0)
      expect(copy.toString()).toBe(TEXTS.join(','))
    },
  )

  test.each(['bytes', undefined] as const)(
    'can be enqueued into a stream (type: %s) by a framing',
    async (type) => {
      const tokens = Array.from({ length: 40 }, (_, index) => `${'語'.repeat(index * 5)} `)
      const chat = defineStream({
        input: z.unknown(),
        run: async function* () {
          yield* tokens
        },
      })
      const hub = createHub({ streams: { chat }, log: memoryLog() })
      const received: Buffer[] = []
      let framed: Framing | undefined
      const stream = new ReadableStream({
        type: type as 'bytes',
        start(controller) {
          framed = (events) => {
            events.forEach((_chunkId, json) => {
              controller.enqueue(json)
            })
            return new Uint8Array(0)
          }
        },
      })
      const handle = await hub.start({ stream: 'chat', input: 0 })
      const [mine, other] = [recordingSink(), recordingSink()]
      mine.watch(handle, { framing: framed! })
      other.watch(handle, { framing: jsonLines })
      expect(await mine.ended).toBe('ended')
      expect(await other.ended).toBe('ended')
      const reader = stream.getReader()
      while (received.length < other.json.length) received.push(Buffer.from((await reader.read()).value!))
      expect(received.map(String)).toEqual(other.json)
      await hub.close()
    },
  )
})
