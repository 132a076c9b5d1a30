import { expect, test } from 'vitest'
import { BothServer, transports } from './servers.ts'
import { until } from './until.ts'

test.each(transports)('a second device follows what runs in a thread, over %s', async (transport) => {
  const word = Promise.withResolvers<void>()
  const server = await BothServer.listen(async function* (input) {
    yield `${input}: one `
    await word.promise
    yield 'two'
  })
  const client = server.client(transport)
  const started = client.start('chat', 'question', { thread: 'trip' })
  await until(started, ({ streamId }) => streamId !== null)
  const followed = server.client(transport).attach('chat', { thread: 'trip' })
  await until(followed, ({ text }) => text === 'question: one ')
  expect(followed.streamId).toBe(started.streamId)
  // A connection that breaks is resumed by the id of the stream.
  server.cut()
  word.resolve()
  expect(await followed.done).toMatchObject({ state: 'completed', text: 'question: one two' })
  expect((await started.done).text).toBe('question: one two')
  expect(server.runs).toEqual(['question'])
  await server.close()
})

test.each(transports)('if nothing runs, the session ends with not_found, over %s', async (transport) => {
  const server = await BothServer.listen(async function* () {
    yield 'done'
  })
  const client = server.client(transport)
  await client.start('chat', 'question', { thread: 'trip' }).done
  for (const thread of ['trip', 'other']) {
    const { state, error } = await client.attach('chat', { thread }).done
    expect([state, error?.type]).toEqual(['error', 'not_found'])
  }
  await server.close()
})

test.each(transports)(
  'what runs in a thread can be stopped before its id is known, over %s',
  async (transport) => {
    const server = await BothServer.listen(async function* (_input, signal) {
      yield 'so far'
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    })
    const client = server.client(transport)
    const started = client.start('chat', 'question', { thread: 'trip' })
    await until(started, ({ text }) => text === 'so far')
    const followed = client.attach('chat', { thread: 'trip' })
    await followed.cancel()
    expect((await followed.done).state).toBe('cancelled')
    expect((await started.done).state).toBe('cancelled')
    const none = client.attach('chat', { thread: 'trip' })
    await none.cancel()
    expect((await none.done).ended).toBe(true)
    await server.close()
  },
)

test('a start that is found again after a reload is still in its thread', async () => {
  const server = await BothServer.listen(async function* () {
    yield 'done'
  })
  const storage = new Map<string, string>()
  const client = server.client('sse', {
    storage: {
      getItem: (key) => storage.get(key) ?? null,
      setItem: (key, value) => void storage.set(key, value),
      removeItem: (key) => void storage.delete(key),
    },
  })
  // The page is left before the start has its answer.
  client.start('chat', 'question', { thread: 'trip' }).detach()
  const resumed = client.resume('chat')
  expect((await resumed?.done)?.text).toBe('done')
  expect(await server.hub.list({ owner: undefined, thread: 'trip' })).toHaveLength(1)
  await server.close()
})
