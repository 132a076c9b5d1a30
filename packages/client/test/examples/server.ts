import { defineStream } from '@sluice/core/server'
import { z } from 'zod'

/** The answer of the examples' model. */
export const words = ['Where ', 'the ', 'others ', 'began: ', 'né ', '漢.']

const chat = defineStream({
  input: z.object({ question: z.string().min(1) }),
  async *run() {
    yield* words
    yield { type: 'finish', finishReason: 'stop' }
  },
})

export const streams = { chat }
export type Streams = typeof streams
