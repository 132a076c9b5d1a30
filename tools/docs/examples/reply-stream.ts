import { createHub, memoryLog } from '@sluice/core/server'
import Fastify from 'fastify'

export const app = Fastify()
export const hub = createHub({ streams: {}, log: memoryLog() })

// #region reply-stream
import { streamReply } from '@sluice/fastify-sse'

await app.register(streamReply, { hub })

app.get('/countdown', (_request, reply) =>
  reply.stream(async function* ({ signal }) {
    for (let left = 3; left > 0 && !signal.aborted; left--) yield `${left} `
    yield 'Go!'
  }),
)
// #endregion
