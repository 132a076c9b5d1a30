import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { conversation } from '../../src/index.ts'
import { LocalServer } from '../react/local-server.ts'

setFlagsFromString('--expose_gc')
const collect: () => void = runInNewContext('gc')

test('500 conversations that were closed leave nothing behind', async () => {
  const server = new LocalServer()
  const client = server.client()
  const round = async (count: number) => {
    for (let index = 0; index < count; index++) {
      const chat = conversation(client, 'chat', { id: `trip-${index}` })
      const answer = chat.send('x'.repeat(1_000))
      while (server.generations.length === 0) await new Promise((resolve) => setImmediate(resolve))
      server.last.say('y'.repeat(10_000))
      server.last.complete()
      await answer
      chat.close()
      server.generations.length = 0
      server.requests.length = 0
    }
    server.forget()
    await new Promise((resolve) => setTimeout(resolve))
    collect()
    return process.memoryUsage().heapUsed
  }
  const before = await round(100)
  const after = await round(500)
  // Each has 11 kB of text. The memory that all of them leave is less than a tenth of that.
  expect(after - before).toBeLessThan(550_000)
})
