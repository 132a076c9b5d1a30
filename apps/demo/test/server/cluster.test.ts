import { fileURLToPath } from 'node:url'
import type { StreamingError } from '@sluice/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Cluster } from '../../scripts/cluster/cluster.ts'
import { clientOf } from './support/client.ts'
import { eventsOf, readEvents, textOf, until, Visitor } from './support/visitor.ts'

const main = fileURLToPath(new URL('../../src/server/main.ts', import.meta.url))
const QUESTION = 'Explain Dijkstra'

let cluster: Cluster
beforeAll(async () => {
  const { REDIS_URL: _, DATA_DIR: __, OPENAI_API_KEY: ___, OPENAI_BASE_URL: ____, ...env } = process.env
  const nodeArgs = ['--conditions=sluice-source', main]
  cluster = await Cluster.start({ nodeArgs, port: 0, env: { ...env, LEASE_MS: '600' }, say: () => {} })
}, 60_000)
afterAll(() => cluster.stop())

/** Directly at each instance, past the proxy. */
const instances = () => cluster.proxy.ready.map((port) => `http://127.0.0.1:${port}`) as [string, string]

test('connections go to both instances in turn', async () => {
  const names = new Set<string>()
  for (let asked = 0; asked < 4; asked += 1) {
    const response = await fetch(`${cluster.url}/api/me`, { headers: { connection: 'close' } })
    names.add(((await response.json()) as { instance: string }).instance)
  }
  expect([...names].sort()).toEqual(['a', 'b'])
})

test('an answer that one instance writes is read and stopped at the other', async () => {
  const [a, b] = instances()
  const ann = await Visitor.arrive(a)
  await ann.lab({ provider: { tokensPerSecond: 40 } })
  const asked = await ann.begin(QUESTION)
  const response = await ann.start(asked)
  const there = eventsOf(response)
  await until(there, 'content_chunk')
  const streamId = response.headers.get('stream-id')!
  const here = eventsOf(await ann.at(b).request('GET', `/streams/chat/${streamId}`))
  await until(here, 'content_chunk')
  expect(await ann.at(b).measurements()).toMatchObject({ streams: [{ streamId, state: 'elsewhere' }] })
  expect((await ann.at(b).request('DELETE', `/streams/chat/${streamId}`)).status).toBe(204)
  await until(here, 'stream_cancelled')
  await until(there, 'stream_cancelled')
  expect(await ann.at(b).stored(asked)).toMatchObject({ state: 'cancelled' })
  const metrics = await (await fetch(`${a}/metrics`)).text()
  expect(Number(/^sluice_redis_appends_total (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThan(0)
})

test('a cut that one instance is asked for reaches the connection at the other', async () => {
  const [a, b] = instances()
  const ann = await Visitor.arrive(a)
  await ann.lab({ provider: { tokensPerSecond: 40 } })
  const response = await ann.start(await ann.begin(QUESTION))
  const events = eventsOf(response)
  await until(events, 'content_chunk')
  await ann.at(b).ask('POST', '/api/lab/cut')
  await expect(Array.fromAsync(events)).rejects.toThrow()
  await ann.request('DELETE', `/streams/chat/${response.headers.get('stream-id')}`)
})

test('the server that writes an answer is killed: another one writes it anew, and it is whole', async () => {
  const ann = await Visitor.arrive(cluster.url)
  await ann.lab({ provider: { tokensPerSecond: 100 } })
  const asked = await ann.begin(QUESTION)
  const session = clientOf(cluster.url, ann, 'sse').start('chat', asked, { idempotencyKey: asked.answerId })
  const lost = new Promise<StreamingError>((resolve) => {
    session.watch((notice) => {
      if (notice.type === 'retry' && notice.error.type === 'producer_lost') resolve(notice.error)
    })
  })
  await session.text()[Symbol.asyncIterator]().next()
  await ann.ask('POST', '/api/lab/kill')
  // From the next attempt on: nobody need wait for the instance that takes it over.
  await ann.lab({ provider: { tokensPerSecond: 10_000 } })
  const restarted = String((await lost).context?.restarted_as)
  // Whichever is asked, and before the new one has said anything.
  for (const url of cluster.proxy.ready.map((port) => `http://127.0.0.1:${port}`)) {
    expect(await ann.at(url).stored(asked)).toMatchObject({ streamId: restarted })
  }
  const { text, ...seen } = await session.done
  expect(seen).toMatchObject({ state: 'completed', streamId: restarted, error: null })
  const events = await readEvents(await ann.request('GET', `/streams/chat/${restarted}`))
  expect(textOf(events)).toBe(text)
  expect(await ann.stored(asked)).toMatchObject({ state: 'completed', text })

  // The instance that died is started again, and takes its turn again.
  await cluster.proxy.whenReady(2)
  expect(instances()).toHaveLength(2)
}, 60_000)
