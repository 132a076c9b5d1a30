import { Chat } from '@ai-sdk/react'
import { resumingFetch } from '@sluice/client/fetch'
import { FaultProxy } from '@sluice/fault-proxy'
import { RedisServer } from '@sluice/programs/redis'
import { redisLog } from '@sluice/redis'
import { DefaultChatTransport } from 'ai'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { ChatServer, type Script } from '../support/chat-server.ts'
import { workflowTransport } from '../support/workflow-transport.ts'

let redis: RedisServer
let proxy: FaultProxy
let port: number

beforeAll(async () => {
  redis = await RedisServer.start()
})
beforeEach(async () => {
  proxy = await FaultProxy.before(() => port)
})
afterEach(() => proxy.close())
afterAll(() => redis.kill())

const transports = {
  'DefaultChatTransport with resumingFetch': () =>
    new DefaultChatTransport({
      api: `${proxy.url}/api/chat`,
      fetch: resumingFetch({ retry: { baseMs: 1, capMs: 20 } }),
    }),
  WorkflowChatTransport: () =>
    workflowTransport({
      api: `${proxy.url}/api/chat`,
      prepareSendMessagesRequest: ({ id, messages }) => ({ body: { id, messages } }),
    }),
}

test.each(Object.entries(transports))(
  '%s: an answer goes on at another instance while its own one closes, and a reload finds it there',
  async (name, transport) => {
    vi.spyOn(console, 'error').mockReturnValue(undefined)
    let goOn = () => {}
    const gate = new Promise<void>((resolve) => {
      goOn = resolve
    })
    const script: Script = async function* () {
      for (let at = 0; at < 20; at += 1) yield `${at} `
      await gate
      for (let at = 20; at < 40; at += 1) yield `${at} `
    }
    const keyPrefix = `${name}:`
    const id = name.replaceAll(' ', '-')
    const log = () => redisLog({ url: redis.url, keyPrefix, leaseMs: 3_000 })
    const [a, b] = [
      await ChatServer.listen(script, { log: log() }),
      await ChatServer.listen(script, { log: log() }),
    ]
    port = a.port
    const chat = new Chat({ id, transport: transport() })
    const sent = chat.sendMessage({ text: 'Count' })
    const textOf = (of: typeof chat) =>
      of.lastMessage?.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
    await vi.waitFor(
      () => expect([chat.error, textOf(chat)]).toEqual([undefined, expect.stringMatching(/19 $/)]),
      { timeout: 10_000 },
    )

    port = b.port
    const closed = a.close()
    // As a balancer does it: connections that are kept alive do not lead to A any more.
    proxy.drop()
    const reloaded = new Chat({ id, transport: transport(), messages: chat.messages.slice(0, 1) })
    const resumed = reloaded.resumeStream()
    await vi.waitFor(() => expect(textOf(reloaded)).toMatch(/19 $/), { timeout: 30_000 })
    goOn()
    await Promise.all([sent, resumed, closed])
    const whole = Array.from({ length: 40 }, (_, at) => `${at} `).join('')
    expect([chat.error, textOf(chat)]).toEqual([undefined, whole])
    expect(reloaded.messages).toEqual(chat.messages)
    expect([...a.questions, ...b.questions]).toEqual(['Count'])
    await b.close()
  },
)
