import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { StreamErrorEvent } from '@sluice/core'
import { createHub } from '@sluice/core/server'
import { type ModelServer, startModelServer } from '@sluice/model-server'
import { RedisServer } from '@sluice/programs/redis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { redisLog } from '../src/index.ts'
import { backgroundChat } from './support/definitions.ts'
import { watching } from './support/instances.ts'

const leaseMs = 500

let redis: RedisServer
let model: ModelServer
let producer: ChildProcess

beforeAll(async () => {
  redis = await RedisServer.start()
  model = await startModelServer({ ttftMs: 0, tokensPerSecond: 100 })
})

afterAll(async () => {
  producer.kill('SIGKILL')
  await model.close()
  await redis.kill()
})

test('an answer goes on with the response that a killed server had asked for: it is generated once', async () => {
  const path = fileURLToPath(new URL('support/background-producer.ts', import.meta.url))
  const args = [redis.url, 'p:', `${leaseMs}`, model.baseURL]
  producer = fork(path, args, { execArgv: ['--conditions=sluice-source'] })
  const [message] = await once(producer, 'message')
  const { streamId } = message as { streamId: string }
  const hub = createHub({
    streams: { chat: backgroundChat(model.baseURL) },
    log: redisLog({ url: redis.url, keyPrefix: 'p:', leaseMs }),
  })
  const before = watching(await hub.find({ streamId, owner: undefined }))
  await before.received(5)
  producer.kill('SIGKILL')
  await before.ended
  const { context } = before.events.at(-1) as StreamErrorEvent
  const after = watching(await hub.find({ streamId: context?.restarted_as as string, owner: undefined }))
  await after.ended
  expect(after.types.at(-1)).toBe('stream_complete')
  expect(after.text.length).toBeGreaterThan(before.text.length)
  expect(after.text.startsWith(before.text)).toBe(true)
  const asked = model.requests.map(({ method, path: asked }) => `${method} ${asked.split('?')[0]}`)
  expect(asked.filter((request) => request.startsWith('POST'))).toHaveLength(1)
  expect(asked.filter((request) => request.startsWith('GET'))).toHaveLength(1)
  await hub.close()
})
