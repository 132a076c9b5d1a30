import { gate, textOf } from '@sluice/plugin-tests'
import { test } from 'tap'
import { parseEvents } from './support/events.ts'
import { nginxBefore } from './support/nginx.ts'
import { serve } from './support/server.ts'

test('behind an nginx with its defaults, events still arrive one by one', async (t) => {
  const words = ['one ', 'two ', 'three ', 'four']
  const gates = words.map(() => gate())
  const { url } = await serve(t, {
    run: async function* () {
      for (const [index, word] of words.entries()) {
        await gates[index]!.opened
        yield word
      }
    },
  })
  const proxy = await nginxBefore(t, url)
  const response = await fetch(`${proxy}/streams/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"prompt":"hello"}',
  })
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  // Each word is said only once the one before it has come through: a buffer in between would hold this for ever.
  for (const [index, word] of words.entries()) {
    gates[index]!.open()
    while (!text.includes(`"${word}"`)) text += (await reader.read()).value
  }
  t.equal(textOf(parseEvents(text).events), words.join(''))
})
