const { createClient, sse } = require('@sluice/client')
const { createHub, defineStream, memoryLog } = require('@sluice/core/server')
const { fastifySse } = require('@sluice/fastify-sse')
const fastify = require('fastify')
const { z } = require('zod')

const words = ['never ', 'a ', 'word ', 'lost']

async function main() {
  const echo = defineStream({
    input: z.object({ words: z.array(z.string()) }),
    run: async function* ({ input }) {
      yield* input.words
    },
  })
  const app = fastify()
  await app.register(fastifySse, {
    hub: createHub({ streams: { echo }, log: memoryLog() }),
    prefix: '/streams',
  })
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })

  const client = createClient({ transport: sse({ url: `${origin}/streams` }) })
  let answer = ''
  for await (const text of client.start('echo', { words }).text()) answer = text
  await app.close()
  if (answer !== words.join('')) throw new Error(`The answer was ${JSON.stringify(answer)}.`)
}

void main()
