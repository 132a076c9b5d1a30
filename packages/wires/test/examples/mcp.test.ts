import type { AddressInfo } from 'node:net'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { FaultProxy } from '@sluice/fault-proxy'
import { RedisServer } from '@sluice/programs/redis'
import { redisLog } from '@sluice/redis'
import Fastify from 'fastify'
import { createClient } from 'redis'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { mcpRoutes } from '../../examples/mcp.ts'

test('a call of a tool is resumed on another instance, with each of its messages, and made once', async () => {
  const redis = await RedisServer.start()
  const closers: (() => unknown)[] = [() => redis.kill()]
  let calls = 0
  let go = (): void => {}
  const cut = new Promise<void>((resolve) => {
    go = resolve
  })
  const newServer = (): McpServer => {
    const server = new McpServer({ name: 'test', version: '1.0.0' })
    server.registerTool(
      'count',
      { inputSchema: { to: z.number() } },
      async ({ to }, { sendNotification, _meta }) => {
        calls += 1
        for (let progress = 1; progress <= to; progress++) {
          if (progress === 3) await cut
          const params = { progressToken: _meta!.progressToken!, progress, total: to }
          await sendNotification({ method: 'notifications/progress', params })
        }
        return { content: [{ type: 'text', text: `counted to ${to}` }] }
      },
    )
    return server
  }
  const ports: number[] = []
  for (const _ of ['one', 'other']) {
    const client = createClient({ url: redis.url })
    await client.connect()
    const log = redisLog({ client })
    const app = Fastify({ forceCloseConnections: true })
    await app.register(mcpRoutes, { log, newServer })
    await app.listen({ port: 0, host: '127.0.0.1' })
    ports.push((app.server.address() as AddressInfo).port)
    closers.push(async () => {
      app.server.closeAllConnections()
      await app.close()
      await log.close()
      client.destroy()
    })
  }
  let at = 0
  const proxy = await FaultProxy.before(() => ports[at]!)
  closers.push(() => proxy.close())

  const client = new Client({ name: 'test', version: '1.0.0' })
  const transport = new StreamableHTTPClientTransport(new URL(`${proxy.url}/mcp`), {
    reconnectionOptions: {
      initialReconnectionDelay: 10,
      maxReconnectionDelay: 50,
      reconnectionDelayGrowFactor: 1,
      maxRetries: 20,
    },
  })
  await client.connect(transport)
  closers.push(() => client.close())
  const progress: number[] = []
  const result = await client.callTool({ name: 'count', arguments: { to: 6 } }, undefined, {
    onprogress: ({ progress: done }) => {
      progress.push(done)
      if (done !== 2) return
      // From now on the other instance answers, which has not made the call.
      at = 1
      proxy.drop()
      go()
    },
  })
  expect(result.content).toEqual([{ type: 'text', text: 'counted to 6' }])
  expect(progress).toEqual([1, 2, 3, 4, 5, 6])
  expect(calls).toBe(1)
  for (const close of closers.reverse()) await close()
})
