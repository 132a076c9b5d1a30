import { Chat } from '@ai-sdk/react'
import { resumingFetch } from '@sluice/client/fetch'
import { memoryLog, type StreamLog } from '@sluice/core/server'
import { type Fault, FaultProxy, schedule } from '@sluice/fault-proxy'
import { RedisServer } from '@sluice/programs/redis'
import { seededRandom } from '@sluice/random'
import { redisLog } from '@sluice/redis'
import { type ChatTransport, DefaultChatTransport, type UIMessage } from 'ai'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { uiMessages } from '../../src/ai-sdk/index.ts'
import { ChatServer, type Script } from '../support/chat-server.ts'
import { expectedMessage } from '../support/expected-message.ts'
import { randomParts } from '../support/random-script.ts'
import { workflowTransport } from '../support/workflow-transport.ts'

/** How many schedules, and from which seed on: a failure names its seed. */
const runs = Number(process.env.SLUICE_RUNS ?? 100)
const firstSeed = Number(process.env.SLUICE_SEED ?? 1)
/** Schedules that run at once: most of their time is waiting for a silent one. */
const LINES = 8
/** Short, because each silence takes so long to be noticed. The server says something four times as often. */
const SILENCE_MS = 400

let redis: RedisServer
let servers: ChatServer[]

const script: Script = async function* (question) {
  for (const part of randomParts(Number(question.split(' ')[1]))) {
    await new Promise(setImmediate)
    yield part
  }
}

beforeAll(async () => {
  redis = await RedisServer.start()
})
afterAll(() => redis.kill())

/** Where the answers are: in the memory of one instance, or on Redis, with each connection at another instance. */
const places = {
  'in memory': [() => memoryLog()],
  'on Redis, each connection at another instance': [redisOf, redisOf],
} as const satisfies Record<string, readonly (() => StreamLog)[]>

function redisOf(): StreamLog {
  return redisLog({ url: redis.url })
}

async function open(logs: readonly (() => StreamLog)[]): Promise<void> {
  const heartbeatMs = SILENCE_MS / 4
  servers = await Promise.all(logs.map((log) => ChatServer.listen(script, { heartbeatMs, log: log() })))
}

async function close(): Promise<void> {
  await Promise.all(servers.map((server) => server.close()))
}

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

/** Returns how many faults there were, and how often the client waited for another try. */
async function run(name: string, seed: number): Promise<readonly [faulted: number, waits: number]> {
  let connections = seed
  // One for each schedule: a connection that is kept alive from another one may be about to close.
  const proxy = await FaultProxy.before(() => servers[connections++ % servers.length]!.port)
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
  const [server] = servers
  expect([seed, message]).toEqual([seed, await expectedMessage(server!.hub, streamId, uiMessages)])
  const { text, end } = await server!.transcript(streamId)
  expect(message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')).toBe(text)
  expect(end?.type).toBe('stream_complete')
  const asked = servers.flatMap(({ questions }) => questions).filter((other) => other === question)
  expect([seed, asked.length]).toEqual([seed, 1])
  await proxy.close()
  return [proxy.faulted, waits]
}

describe.each(Object.entries(places))('%s', (place, logs) => {
  beforeAll(() => open(logs))
  afterAll(close)

  test.each(Object.keys(clients))(
    `%s has in ${runs} schedules of faults the message that was produced, of one generation`,
    async (name) => {
      vi.spyOn(console, 'error').mockReturnValue(undefined)
      let seed = firstSeed
      let faulted = 0
      let waits = 0
      const line = async () => {
        while (seed < firstSeed + runs) {
          const [faults, again] = await run(name, seed++)
          faulted += faults
          waits += again
        }
      }
      await Promise.all(Array.from({ length: LINES }, line))
      console.log(`${name}, ${place}: ${runs} schedules, ${faulted} faults, ${waits} waits`)
      // The schedules are worth their name.
      expect(faulted).toBeGreaterThan(runs / 2)
      await expect
        .poll(() => servers.map(({ hub }) => hub.load))
        .toEqual(servers.map(() => ({ streams: 0, viewers: 0 })))
    },
    3_600_000,
  )
})
