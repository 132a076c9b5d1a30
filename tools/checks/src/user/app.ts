import { createClient, sse } from '@sluice/client'
import { useStream } from '@sluice/client/react'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import fastifySse from '@sluice/fastify-sse'
import fastify from 'fastify'
import { z } from 'zod'

const words = ['never ', 'a ', 'word ', 'lost']

const echo = defineStream({
  input: z.object({ words: z.array(z.string()) }),
  run: async function* ({ input }) {
    yield* input.words
  },
})
const streams = { echo }
type Streams = typeof streams

const app = fastify()
await app.register(fastifySse, { hub: createHub({ streams, log: memoryLog() }), prefix: '/streams' })
const origin = await app.listen({ host: '127.0.0.1', port: 0 })

const client = createClient<Streams>({ transport: sse({ url: `${origin}/streams` }) })
const stream = client.start('echo', { words })
let answer = ''
for await (const text of stream.text()) answer = text
await app.close()
if (answer !== words.join('')) throw new Error(`The answer was ${JSON.stringify(answer)}.`)

/** Compiled and not called: the client's types are the server's definitions. */
export function useMistakes(): void {
  // @ts-expect-error There is no such stream.
  client.start('ecco', { words })
  // @ts-expect-error The input is not what the definition takes.
  client.start('echo', { words: 1 })
  const { start } = useStream(client, 'echo')
  // @ts-expect-error The hook's input is the definition's too.
  start({ words: 1 })
}
