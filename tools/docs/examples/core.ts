// #region stream
import { data } from '@sluice/core'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import { z } from 'zod'

const weather = defineStream({
  input: z.object({ city: z.string() }),
  run: async function* ({ input: { city } }) {
    yield `In ${city} it is `
    yield data('forecast', { city, celsius: 21 })
    yield 'warm.'
  },
  onEnd: ({ outcome, text }) => console.log(outcome, text),
})

const hub = createHub({ streams: { weather }, log: memoryLog() })
await hub.start({ stream: 'weather', input: { city: 'Lyon' } })

// #endregion

export { hub }
