import { gate, textOf } from '@sluice/plugin-tests'
import { test } from 'tap'
import { parseEvents } from './support/events.ts'
import { serve } from './support/server.ts'

const start = { method: 'POST', url: '/streams/chat', payload: { prompt: 'hello' } } as const

test('inject gives a finished stream whole', async (t) => {
  const { app } = await serve(t)
  const response = await app.inject(start)
  t.equal(response.statusCode, 200)
  const { events } = parseEvents(response.body)
  t.equal(textOf(events), 'one two three')
  const again = await app.inject({ url: `${response.headers.location}`, headers: { 'last-event-id': '4' } })
  t.match(parseEvents(again.body).events, [{ type: 'stream_complete' }])
})

test('inject with payloadAsStream gives a running stream as it comes', async (t) => {
  const rest = gate()
  const { app } = await serve(t, {
    run: async function* () {
      yield 'first '
      await rest.opened
      yield 'second'
    },
  })
  const response = await app.inject({ ...start, payloadAsStream: true })
  let text = ''
  for await (const chunk of response.stream()) {
    text += chunk
    if (/first/.test(text)) rest.open()
  }
  t.equal(textOf(parseEvents(text).events), 'first second')
})
