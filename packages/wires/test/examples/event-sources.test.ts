import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import { fastifySse, streamReply } from '@sluice/fastify-sse'
import { type Fault, FaultProxy } from '@sluice/fault-proxy'
import { launchChromium } from '@sluice/programs/chromium'
import { build } from 'esbuild'
import { EventSource } from 'eventsource'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { partsOf, textOf } from '../ag-ui/agent-server.ts'
import type { Read, SourceName } from './page.ts'

const SEED = 4
/**
 * The faults of the connections behind the first, which is cut when the client has read an event: an `EventSource` that has read
 * none starts again, since it has no key.
 */
const FAULTS: readonly Fault[] = [
  { after: 2_000, ending: 'reset', pieces: [1] },
  { after: 1_500, ending: 'truncate', pieces: [7, 400] },
]

let app: FastifyInstance
let proxy: FaultProxy
let runs = 0
/** Lets the answer go on. */
let go: () => void

beforeAll(async () => {
  const page = fileURLToPath(new URL('page.ts', import.meta.url))
  const bundle = {
    bundle: true,
    write: false as const,
    format: 'iife' as const,
    globalName: 'page',
    platform: 'browser' as const,
    conditions: ['sluice-source'],
  }
  const { outputFiles } = await build({ entryPoints: [page], ...bundle })
  const answer = async function* () {
    runs += 1
    const [first, ...rest] = partsOf(SEED)
    const isRead = new Promise<void>((resolve) => {
      go = resolve
    })
    yield first!
    await isRead
    for (const part of rest) {
      await new Promise(setImmediate)
      yield part
    }
  }
  const chat = defineStream({ input: z.unknown(), run: answer })
  const hub = createHub({ streams: { chat }, log: memoryLog() })
  app = Fastify({ forceCloseConnections: true })
  await app.register(fastifySse, { hub, owner: false, prefix: '/streams' })
  await app.register(streamReply, { hub, owner: false, allowMissingFetchMetadata: true, retryMs: 20 })
  // A connection that is kept alive, and then cut, would be tried again by the browser itself.
  app.get('/favicon.ico', (_, reply) => reply.header('connection', 'close').code(204).send())
  app.get('/', (_, reply) =>
    reply
      .header('connection', 'close')
      .type('text/html')
      .send(`<meta charset=utf-8><script>${outputFiles[0]!.text}</script>`),
  )
  app.get('/ask', (_, reply) => reply.stream(answer))
  await app.listen({ port: 0, host: '127.0.0.1' })
  proxy = await FaultProxy.before((app.server.address() as AddressInfo).port)
})
afterAll(async () => {
  await proxy.close()
  await app.close()
})

/** Cuts the connection of a client that has read an event. */
function cut(): void {
  proxy.faults = [...FAULTS]
  proxy.drop()
  go()
}

/** It has each event once, and the answer was generated once. */
function expectWhole({ text, ids }: Read): void {
  expect(text).toBe(textOf(partsOf(SEED)))
  expect(ids).toEqual(ids.map((_, at) => at + 1))
  expect(runs).toBe(1)
}

test('`eventsource` reads a route of reply.stream in Node, over connections that are cut', async () => {
  runs = 0
  proxy.faults = []
  const source = new EventSource(`${proxy.url}/ask`)
  const ids: number[] = []
  let text = ''
  await new Promise<void>((resolve) => {
    source.onmessage = ({ data }) => {
      const event = JSON.parse(data)
      if (ids.push(event.chunk_id) === 2) cut()
      if (event.type === 'content_chunk') text += event.content
      if (event.type === 'stream_complete') resolve()
    }
  })
  source.close()
  expectWhole({ text, ids })
})

describe('in Chromium', () => {
  const names: readonly SourceName[] = [
    ...(['native', 'event-source-polyfill', 'reconnecting-eventsource', 'eventsource'] as const),
    '@microsoft/fetch-event-source',
  ]
  let browser: Awaited<ReturnType<typeof launchChromium>>
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser.close())

  test.each(names)('%s reads it too', async (name) => {
    const tab = await browser.newPage()
    proxy.faults = []
    await tab.exposeFunction('cut', cut)
    await tab.goto(proxy.url)
    runs = 0
    const { faulted } = proxy
    const read = await tab.evaluate(
      ([source, url]) =>
        (globalThis as unknown as { page: typeof import('./page.ts') }).page.read(source, url),
      [name, name === '@microsoft/fetch-event-source' ? '/streams/chat' : '/ask'] as const,
    )
    expectWhole(read)
    expect(proxy.faulted - faulted).toBeGreaterThan(0)
    await tab.close()
  })
})
