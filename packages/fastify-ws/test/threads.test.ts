import { gate, textOf } from '@sluice/plugin-tests'
import { test } from 'tap'
import { serve } from './support/server.ts'

const input = { prompt: 'hello' }

test('a thread leads to the stream that runs in it, from its first event', async (t) => {
  const word = gate()
  const { connect } = await serve(t, {
    run: async function* () {
      yield 'one '
      await word.opened
      yield 'two'
    },
  })
  const starter = await connect()
  const started = await starter.ask({ type: 'stream_request', stream: 'chat', input, thread: 'trip' })
  const peer = await connect()
  const attached = await peer.ask({ type: 'attach_thread', stream: 'chat', thread: 'trip' })
  t.match(attached, { type: 'stream_attached', stream_id: started.stream_id, ended: false })
  word.open()
  t.equal(textOf(await peer.whole(started.stream_id as string)), 'one two')
  for (const thread of ['trip', 'other']) {
    const refused = await peer.ask({ type: 'attach_thread', stream: 'chat', thread })
    t.match(refused, { type: 'request_error', error_type: 'not_found', message: /^thread: no stream runs/ })
  }
})

test('a thread that is none is refused, and named', async (t) => {
  const { connect } = await serve(t)
  const peer = await connect()
  for (const thread of ['', 'a b', 'x'.repeat(129), 7]) {
    for (const message of [{ type: 'stream_request', input }, { type: 'attach_thread' }]) {
      const refused = await peer.ask({ ...message, stream: 'chat', thread })
      t.match(refused, { type: 'request_error', error_type: 'invalid_request', message: /^thread: / })
    }
  }
})
