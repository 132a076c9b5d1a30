import { readFile } from 'node:fs/promises'
import { createHub, defineStream } from '@sluice/core/server'
import { scriptedSource } from '@sluice/core/testing'
import { RedisServer } from '@sluice/programs/redis'
import OpenAI from 'openai'
import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { fromCluster, fromSentinel, fromUrl, restarting } from './snippets/set-up.ts'
import { watching } from './support/instances.ts'
import { RedisCluster } from './support/redis-cluster.ts'
import { Sentinel } from './support/sentinel.ts'

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8')
const closing: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

test('each TypeScript snippet is one that is compiled, and run below', async () => {
  const source = await read('snippets/set-up.ts')
  const regions = [...source.matchAll(/^ *\/\/ #region \w+\n([\s\S]*?)^ *\/\/ #endregion/gm)].map(
    ([, code]) => code!.replaceAll(/^ {2}/gm, '').trim(),
  )
  const readme = await read('../README.md')
  const snippets = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!.trim())
  expect(snippets).toEqual(regions)
})

test('each option is in the table', async () => {
  const options = [...(await read('../src/options.ts')).matchAll(/^ {2}readonly (\w+)\?:/gm)].map(
    ([, name]) => name!,
  )
  const table = (await read('../README.md')).split('## Options')[1]!.split('\n## ')[0]!
  expect(options.filter((name) => !table.includes(`\`${name}\``))).toEqual([])
})

const source = scriptedSource()
const streams = { chat: defineStream({ input: z.unknown(), run: source.run }) }

async function carries(hub: ReturnType<typeof fromUrl>): Promise<void> {
  closing.push(() => hub.close())
  const sink = watching(await hub.start({ stream: 'chat', input: {} }))
  const attempt = await source.asked()
  attempt.push('Hello')
  attempt.finish()
  await sink.ended
  expect(sink.text).toBe('Hello')
}

test('by URL', async () => {
  const server = await RedisServer.start()
  closing.push(() => server.kill())
  process.env.REDIS_URL = server.url
  closing.push(() => delete process.env.REDIS_URL)
  await carries(fromUrl(streams))
})

test('by Sentinel', async () => {
  const server = await RedisServer.start()
  closing.push(() => server.kill())
  const sentinel = await Sentinel.start(server)
  closing.push(() => sentinel.kill())
  const root = { host: '127.0.0.1', port: sentinel.server.port }
  const { client, log } = await fromSentinel(Sentinel.primaryName, [root])
  closing.push(() => client.destroy())
  await carries(createHub({ streams, log }))
})

test('by Cluster', async () => {
  const cluster = await RedisCluster.start()
  closing.push(() => cluster.kill())
  const { client, log } = await fromCluster(cluster.nodes.map(({ url }) => url))
  closing.push(() => client.destroy())
  await carries(createHub({ streams, log }))
})

test('a definition that begins anew is one that a hub takes', async () => {
  const server = await RedisServer.start()
  closing.push(() => server.kill())
  process.env.REDIS_URL = server.url
  closing.push(() => delete process.env.REDIS_URL)
  const chat = restarting(new OpenAI({ apiKey: 'test', baseURL: 'http://127.0.0.1:1' }))
  const hub = fromUrl({ chat })
  closing.push(() => hub.close())
  const sink = watching(await hub.start({ stream: 'chat', input: { question: 'why?' } }))
  await sink.received(1)
  sink.viewer.detach()
})
