import type { AddressInfo } from 'node:net'
import { Client } from '@langchain/langgraph-sdk'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import { testWire } from '@sluice/core/testing'
import { FaultProxy } from '@sluice/fault-proxy'
import Fastify from 'fastify'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { langGraph, langGraphRoutes } from '../../examples/lang-graph.ts'
import { partsOf, textOf } from '../ag-ui/agent-server.ts'

testWire('langGraph', langGraph, { describe, test }, { streams: 50 })

test('runs.stream of the SDK has each character of one generation, though its connections are cut', async () => {
  const seeds: number[] = []
  const chat = defineStream({
    input: z.object({ seed: z.number() }),
    async *run({ input: { seed } }) {
      seeds.push(seed)
      for (const part of partsOf(seed)) {
        await new Promise(setImmediate)
        yield part
      }
    },
  })
  const hub = createHub({ streams: { chat }, log: memoryLog() })
  const app = Fastify({ forceCloseConnections: true })
  await app.register(langGraphRoutes, { hub, owner: false, stream: 'chat' })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const proxy = await FaultProxy.before((app.server.address() as AddressInfo).port)
  proxy.faults = [
    { after: 1_500, ending: 'reset' },
    { after: 1_200, ending: 'close', pieces: [1] },
    { after: 900, ending: 'truncate' },
  ]
  const client = new Client({ apiUrl: proxy.url, apiKey: null })
  let text = ''
  const events: string[] = []
  const run = { input: { seed: 4 }, streamMode: 'messages-tuple' as const }
  for await (const { event, data } of client.runs.stream('thread-1', 'agent', run)) {
    events.push(event)
    if (event !== 'messages') continue
    const [{ content }] = data as unknown as [{ readonly content: unknown }]
    if (typeof content === 'string') text += content
  }
  expect(text).toBe(textOf(partsOf(4)))
  expect(events.at(-1)).toBe('end')
  expect(seeds).toEqual([4])
  expect(proxy.faulted).toBe(3)
  await proxy.close()
  await hub.close({ deadlineMs: 0 })
  await app.close()
})
