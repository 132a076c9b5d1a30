import { data, type Part } from '@sluice/core'
import { defineStream } from '@sluice/core/server'
import { z } from 'zod'

/** The gate that the second half of each answer waits for. */
export const gate = { opened: Promise.resolve() }

const chat = defineStream({
  input: z.object({
    id: z.string(),
    messages: z.array(
      z.object({
        id: z.string(),
        role: z.enum(['user', 'assistant', 'tool']),
        parts: z.array(z.looseObject({ type: z.string() })),
      }),
    ),
  }),
  async *run(): AsyncGenerator<Part> {
    for (let index = 0; index < 200; index++) {
      yield `w${index} `
      if (index === 100) await gate.opened
    }
    yield data('source', { url: '/a' })
    yield { type: 'finish', finishReason: 'stop' }
  },
})

export const streams = { chat }
export type Streams = typeof streams
