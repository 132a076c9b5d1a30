// The snippets of the README, as they are compiled and run by its test. `streams` is an application's own.
import { openaiResponses } from '@sluice/core/openai'
import {
  type AnyStreamDefinition,
  createHub,
  defineStream,
  type Hub,
  type StreamDefinitions,
} from '@sluice/core/server'
import { redisLog } from '@sluice/redis'
import type { OpenAI } from 'openai'
import { createCluster, createSentinel } from 'redis'
import { z } from 'zod'

export function fromUrl(streams: StreamDefinitions): Hub<StreamDefinitions> {
  // #region url
  const log = redisLog({ url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' })
  const hub = createHub({ streams, log })
  // #endregion
  return hub
}

export async function fromSentinel(name: string, sentinelRootNodes: { host: string; port: number }[]) {
  // #region sentinel
  const client = createSentinel({ name, sentinelRootNodes })
  client.on('error', () => {}) // the log reports errors
  await client.connect()
  const log = redisLog({ client })
  // #endregion
  return { client, log }
}

export async function fromCluster(urls: readonly string[]) {
  // #region cluster
  const client = createCluster({
    rootNodes: urls.map((url) => ({ url })),
    defaults: { disableOfflineQueue: true },
  })
  client.on('error', () => {}) // the log reports errors
  await client.connect()
  const log = redisLog({ client })
  // #endregion
  return { client, log }
}

export function restarting(openai: OpenAI): AnyStreamDefinition {
  // #region restart
  const chat = defineStream({
    input: z.object({ question: z.string() }),
    onProducerLost: 'restart',
    run: (context) =>
      openaiResponses(openai, { model: 'gpt-5', input: context.input.question, background: true }, context),
  })
  // #endregion
  return chat
}
