import assert from 'node:assert/strict'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import fastifySse from '@sluice/fastify-sse'
import Fastify from 'fastify'
import { z } from 'zod'

const greeting = defineStream({
  input: z.object({ name: z.string() }),
  run: async function* ({ input: { name } }) {
    yield `Hello ${name}.`
  },
})
const app = Fastify()
const hub = createHub({ streams: { greeting }, log: memoryLog() })
await app.register(fastifySse, { hub, prefix: '/streams' })

// #region inject
const answer = await app.inject({ method: 'POST', url: '/streams/greeting', payload: { name: 'Ann' } })
const events = [...answer.body.matchAll(/^data: (.+)$/gm)].map(([, json]) => JSON.parse(json!))
assert.equal(answer.statusCode, 200)
assert.equal(events[1].content, 'Hello Ann.')
assert.equal(events.at(-1).type, 'stream_complete')
// #endregion

// #region inject-running
const running = await app.inject({
  method: 'POST',
  url: '/streams/greeting',
  payload: { name: 'Bob' },
  payloadAsStream: true,
})
for await (const bytes of running.stream()) {
  if (String(bytes).includes('Hello Bob.')) break
}
// #endregion

await app.close()
