import { expect, test } from 'vitest'
import { z } from 'zod'
import { data } from '../../parts.ts'
import { manualClock, recordingSink, scriptedSource, settle } from '../../testing/index.ts'
import { defineStream } from '../definition/define-stream.ts'
import { createHub } from '../hub/hub.ts'
import { memoryLog } from '../log/memory-log.ts'

test.each([true, false])(
  'with timestamps %s, events say when they were appended or do not',
  async (timestamps) => {
    const clock = manualClock()
    const source = scriptedSource()
    const chat = defineStream({ input: z.unknown(), run: source.run, timestamps })
    const hub = createHub({ streams: { chat }, log: memoryLog({ clock }), clock })
    const sink = recordingSink()
    sink.watch(await hub.start({ stream: 'chat', input: 0 }))
    const attempt = await source.asked()
    clock.advance(200)
    attempt.push('a')
    await attempt.taken()
    clock.advance(50)
    attempt.push(data('place', { city: 'Lyon' }))
    attempt.finish()
    await settle()
    expect(sink.events.map(({ at }) => at)).toEqual(
      timestamps ? [0, 200, 250, 250] : Array(4).fill(undefined),
    )
    expect(sink.json[1]).toBe(
      timestamps
        ? '{"type":"content_chunk","chunk_id":2,"at":200,"content":"a"}'
        : '{"type":"content_chunk","chunk_id":2,"content":"a"}',
    )
  },
)
