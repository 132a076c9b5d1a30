import type { ServerResponse } from 'node:http'
import { PassThrough, type Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { manualClock } from '@sluice/core/testing'
import { endless, gate, type Script, settled, smallLog } from '@sluice/plugin-tests'
import type { FastifyInstance } from 'fastify'
import { streamReply } from '../src/index.ts'
import { readUntil } from './support/events.ts'
import { overEach } from './support/over-each.ts'

// A viewer whose client is gone must not be counted, whatever has become of its body: a hook that pipes it somewhere
// keeps Fastify and Node from saying so.

/** Hooks that put something between the body and the response, or nothing. */
const hooks: Readonly<Record<string, (app: FastifyInstance) => void>> = {
  'an untouched body': () => {},
  'a piped body': (app) => {
    app.addHook('onSend', async (_request, reply, payload) =>
      reply.statusCode === 200 && typeof (payload as Readable | null)?.pipe === 'function'
        ? (payload as Readable).pipe(new PassThrough())
        : payload,
    )
  },
}

/** Says one word, and nothing more until it is stopped. */
const pending: Script = async function* ({ signal }) {
  yield 'begun'
  await new Promise((resolve) => signal.addEventListener('abort', resolve))
}

/** Resolves when the server has seen the end of the first response that it began. */
function firstEnd(app: FastifyInstance): Promise<void> {
  const ended = gate()
  app.server.once('request', (_request, response: ServerResponse) => response.once('close', ended.open))
  return ended.opened
}

for (const [name, before] of Object.entries(hooks)) {
  overEach(
    `${name}: a client that is gone before the answer begins is not counted`,
    async (t, { serve, fetch }) => {
      const [asked, answer] = [gate(), gate()]
      let isFirst = true
      const { url, app, hub } = await serve(t, {
        before,
        maxViewers: 1,
        run: pending,
        context: async () => {
          if (!isFirst) return
          isFirst = false
          asked.open()
          await answer.opened
        },
      })
      const ended = firstEnd(app)
      const gone = new AbortController()
      const start = {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"prompt":"x"}',
      }
      const first = fetch(`${url}/streams/chat`, { ...start, signal: gone.signal }).catch(() => {})
      await asked.opened
      gone.abort()
      await first
      await ended
      answer.open()
      while (hub.load.streams === 0) await nextTurn()
      for (let turn = 0; turn < 10; turn++) await nextTurn()
      t.equal(hub.load.viewers, 0)
      const next = await fetch(`${url}/streams/chat`, start)
      t.match(await readUntil(next, /stream_start/), /stream_start/, 'the next one is served')
    },
  )

  overEach(`${name}: a client that stops reading is not counted`, async (t, { serve }) => {
    const clock = manualClock()
    const { run, count } = endless()
    const { app, open, post, hub } = await serve(t, {
      before,
      clock,
      run,
      maxViewers: 1,
      stallMs: 10_000,
      log: smallLog,
    })
    const ended = firstEnd(app)
    await open()
    await settled(count)
    t.equal(hub.load.viewers, 1)
    clock.advance(10_000)
    await ended
    t.equal(hub.load.viewers, 0)
    t.match(await readUntil(await post(), /stream_start/), /stream_start/, 'the next one is served')
  })

  overEach(`${name}: so it is with reply.stream`, async (t, { serve, fetch }) => {
    const [asked, answer] = [gate(), gate()]
    let isFirst = true
    const { url, app, hub } = await serve(t, {
      before,
      log: smallLog,
      after: async (app, hub) => {
        await app.register(streamReply, { hub, allowMissingFetchMetadata: true, maxViewers: 1 })
        app.get('/mine', async (_request, reply) => {
          if (isFirst) {
            isFirst = false
            asked.open()
            await answer.opened
          }
          return reply.stream(async function* ({ signal }) {
            yield 'begun'
            await new Promise((resolve) => signal.addEventListener('abort', resolve))
          })
        })
      },
    })
    const ended = firstEnd(app)
    const gone = new AbortController()
    const first = fetch(`${url}/mine`, { signal: gone.signal }).catch(() => {})
    await asked.opened
    gone.abort()
    await first
    await ended
    answer.open()
    while (hub.load.streams === 0) await nextTurn()
    for (let turn = 0; turn < 10; turn++) await nextTurn()
    t.equal(hub.load.viewers, 0)
    t.match(await readUntil(await fetch(`${url}/mine`), /stream_start/), /stream_start/)
  })
}
