import { Chat } from '@ai-sdk/react'
import { resumingFetch } from '@sluice/client/fetch'
import { type Fault, FaultProxy, schedule } from '@sluice/fault-proxy'
import { seededRandom } from '@sluice/random'
import { type ChatTransport, DefaultChatTransport, type UIMessage } from 'ai'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { uiMessages } from '../../src/ai-sdk/index.ts'
import { ChatServer } from '../support/chat-server.ts'
import { expectedMessage } from '../support/expected-message.ts'
import { randomParts } from '../support/random-script.ts'
import { workflowTransport } from '../support/workflow-transport.ts'

/** How many schedules, and from which seed on: a failure names its seed. */
const runs = Number(process.env.SLUICE_RUNS ?? 100)
const firstSeed = Number(process.env.SLUICE_SEED ?? 1)
/** Schedules that run at once, each with a line of its own: most of their time is waiting for a silent one. */
const LINES = 8
/** Short, because each silence takes so long to be noticed. The server says something four times as often. */
const SILENCE_MS = 400

let server: ChatServer
let proxies: FaultProxy[]

beforeAll(async () => {
  server = await ChatServer.listen(
    async function* (question) {
      for (const part of randomParts(Number(question.split(' ')[1]))) {
        await new Promise(setImmediate)
        yield part
      }
    },
    { heartbeatMs: SILENCE_MS / 4 },
  )
  proxies = await Promise.all(Array.from({ length: LINES }, () => FaultProxy.before(server.port)))
})
afterAll(async () => {
  await Promise.all(proxies.map((proxy) => proxy.close()))
  await server.close()
})

interface Client {
  readonly transport: (api: string, onWait: () => void) => ChatTransport<UIMessage>
  readonly faults: (seed: number) => Fault[]
}

const clients: Record<string, Client> = {
  'DefaultChatTransport with resumingFetch': {
    transport: (api, onWait) =>
      new DefaultChatTransport({
        api,
        fetch: resumingFetch({
          retry: { baseMs: 1, capMs: 4 },
          silenceMs: SILENCE_MS,
          startMs: 2 * SILENCE_MS,
          onWait,
        }),
      }),
    faults: schedule,
  },
  // It has no time limit, gives up after three errors, and fails if a request has no answer at all: it heals cuts of a body.
  WorkflowChatTransport: {
    transport: (api) => workflowTransport({ api }),
    faults: (seed) => {
      const random = seededRandom(seed)
      return Array.from({ length: Math.floor(random() * 3) }, () => ({
        after: 900 + Math.floor(random() * 3_000),
        ending: (['close', 'reset', 'truncate'] as const)[Math.floor(random() * 3)]!,
        pieces: [1 + Math.floor(random() * 400)],
        turns: Math.floor(random() * 3),
      }))
    },
  },
}

async function run(name: string, seed: number, proxy: FaultProxy): Promise<number> {
  // A connection that is kept alive from the previous schedule would have no faults.
  proxy.drop()
  proxy.faults = clients[name]!.faults(seed)
  let waits = 0
  const question = `${name.slice(0, 4)} ${seed}`
  const transport = clients[name]!.transport(`${proxy.url}/api/chat`, () => {
    waits += 1
  })
  const errors: Error[] = []
  const chat = new Chat({ transport, onError: (error) => errors.push(error) })
  await chat.sendMessage({ text: question })
  expect([seed, errors, chat.status]).toEqual([seed, [], 'ready'])
  const message = chat.lastMessage!
  const { streamId } = message.metadata as { streamId: string }
  expect([seed, message]).toEqual([seed, await expectedMessage(server.hub, streamId, uiMessages)])
  const { text, end } = await server.transcript(streamId)
  expect(message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')).toBe(text)
  expect(end?.type).toBe('stream_complete')
  expect(server.questions.filter((asked) => asked === question)).toHaveLength(1)
  return waits
}

describe.each(Object.keys(clients))('%s', (name) => {
  test(`has in ${runs} schedules of faults the message that was produced, of one generation`, async () => {
    vi.spyOn(console, 'error').mockReturnValue(undefined)
    const before = proxies.reduce((sum, { faulted }) => sum + faulted, 0)
    let seed = firstSeed
    let waits = 0
    await Promise.all(
      proxies.map(async (proxy) => {
        while (seed < firstSeed + runs) {
          const again = await run(name, seed++, proxy)
          waits += again
        }
      }),
    )
    const faulted = proxies.reduce((sum, proxy) => sum + proxy.faulted, -before)
    console.log(`${name}: ${runs} schedules, ${faulted} faults, ${waits} waits`)
    // The schedules are worth their name.
    expect(faulted).toBeGreaterThan(runs / 2)
    for (const proxy of proxies) proxy.drop()
    await expect.poll(() => server.hub.load).toEqual({ streams: 0, viewers: 0 })
  }, 3_600_000)
})
