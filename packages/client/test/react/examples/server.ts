import { defineStream } from '@sluice/core/server'
import { z } from 'zod'

const TOKENS_PER_SECOND = 500

/** The answer of the example's model: three seconds long. */
export const words = Array.from({ length: 3 * TOKENS_PER_SECOND }, (_, index) => `né${index} `)

const chat = defineStream({
  input: z.object({ question: z.string().min(1) }),
  /** As fast as a fast model, and not faster. */
  async *run({ input }) {
    if (input.question === 'Short, please') {
      yield 'In **short**: yes.'
      return
    }
    const began = performance.now()
    for (const [index, word] of words.entries()) {
      const dueMs = (index / TOKENS_PER_SECOND) * 1000
      while (performance.now() - began < dueMs) await new Promise((resolve) => setTimeout(resolve, 1))
      yield word
    }
  },
})

export const streams = { chat }
export type Streams = typeof streams
