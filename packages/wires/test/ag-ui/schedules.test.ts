import { HttpAgent } from '@ag-ui/client'
import { resumingFetch } from '@sluice/client/fetch'
import { memoryLog } from '@sluice/core/server'
import { type Fault, FaultProxy, schedule } from '@sluice/fault-proxy'
import { RedisServer } from '@sluice/programs/redis'
import { redisLog } from '@sluice/redis'
import { ChatClient, fetchServerSentEvents } from '@tanstack/ai-client'
import { createClient } from 'redis'
import { afterEach, expect, test } from 'vitest'
import { AgentServer, partsOf, textOf } from './agent-server.ts'

/** How many schedules, and from which seed on: a failure names its seed. */
const runs = Number(process.env.SLUICE_RUNS ?? 100)
const firstSeed = Number(process.env.SLUICE_SEED ?? 1)
const LINES = 6
/** Short, because each silence takes so long to be noticed. The server says something four times as often. */
const SILENCE_MS = 400
const options = { heartbeatMs: SILENCE_MS / 4 }

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const patient = () =>
  resumingFetch({ retry: { baseMs: 1, capMs: 4 }, silenceMs: SILENCE_MS, startMs: 2 * SILENCE_MS })

/** What a client shows of the answer to a question. */
interface Shown {
  readonly text: string
  readonly reasoning: string
  /** The calls, each with its result. */
  readonly calls: readonly unknown[]
}

type Ask = (url: string, seed: number) => Promise<Shown>

const httpAgent: Ask = async (url, seed) => {
  const agent = new HttpAgent({
    url,
    fetch: patient(),
    initialMessages: [{ id: 'u', role: 'user', content: `${seed}` }],
  })
  await agent.runAgent()
  const said = (role: string) =>
    agent.messages.map((m) => (m.role === role ? String(m.content ?? '') : '')).join('')
  const results = new Map(
    agent.messages.flatMap((m) => (m.role === 'tool' ? [[m.toolCallId, m.content] as const] : [])),
  )
  const calls = agent.messages.flatMap((m) => (m.role === 'assistant' ? (m.toolCalls ?? []) : []))
  return {
    text: said('assistant'),
    reasoning: said('reasoning'),
    calls: calls.map(({ id, function: f }) => [id, f.name, f.arguments, results.get(id)]),
  }
}

const tanStack =
  (fetchClient?: typeof fetch): Ask =>
  async (url, seed) => {
    const connection = fetchServerSentEvents(url, {
      reconnect: { delayMs: 1 },
      ...(fetchClient && { fetchClient }),
    })
    const client = new ChatClient({ connection, threadId: `thread-${seed}` })
    await client.sendMessage(`${seed}`)
    expect([seed, client.getError()?.message]).toEqual([seed, undefined])
    const parts = client.getMessages().flatMap((m) => (m.role === 'assistant' ? m.parts : []))
    const said = (type: 'text' | 'thinking') =>
      parts.map((part) => (part.type === type ? part.content : '')).join('')
    return {
      text: said('text'),
      reasoning: said('thinking'),
      calls: parts.flatMap((part) =>
        part.type === 'tool-call' ? [[part.id, part.name, part.arguments, JSON.stringify(part.output)]] : [],
      ),
    }
  }

/**
 * What TanStack AI's client heals by itself: a cut behind the first block. It fails on a page with status 502, and has no time
 * after which it takes a connection for silent.
 */
function cutsOnly(faults: readonly Fault[]): Fault[] {
  return faults.flatMap(({ page, ending, after = 0, ...fault }): Fault[] =>
    page || ending === 'silence' ? [] : [{ ...fault, ...(ending && { ending }), after: after + 1_200 }],
  )
}

const clients: readonly (readonly [name: string, ask: Ask, faultsOf: (seed: number) => Fault[]])[] = [
  ['HttpAgent with resumingFetch', httpAgent, schedule],
  ['TanStack AI by itself', tanStack(), (seed) => cutsOnly(schedule(seed))],
  ['TanStack AI with resumingFetch', tanStack(patient()), schedule],
]

function expected(seed: number): Shown {
  const parts = partsOf(seed)
  const calls = new Map<string, unknown[]>()
  let open: unknown[] | undefined
  for (const part of parts) {
    if (typeof part === 'string') continue
    if (part.type === 'tool_call' && part.id !== undefined) {
      open = [part.id, part.name, '']
      calls.set(part.id, open)
    }
    if (part.type === 'tool_call') open![2] += part.arguments ?? ''
    if (part.type === 'tool_result') calls.get(part.id)![3] = JSON.stringify(part.output)
  }
  return { text: textOf(parts), reasoning: textOf(parts, 'reasoning'), calls: [...calls.values()] }
}

/** Servers on one log: each connection goes to another one than the connection before. */
async function listen(log: 'memory' | 'redis'): Promise<readonly AgentServer[]> {
  const servers: AgentServer[] = []
  if (log === 'memory') {
    servers.push(await AgentServer.listen({ ...options, log: memoryLog() }))
  } else {
    const redis = await RedisServer.start()
    closers.push(async () => redis.kill())
    for (const _ of ['one', 'other']) {
      const client = createClient({ url: redis.url })
      await client.connect()
      closers.push(async () => client.destroy())
      servers.push(await AgentServer.listen({ ...options, log: redisLog({ client }) }))
    }
  }
  closers.push(() => Promise.all(servers.map((server) => server.close())))
  return servers
}

test.each(['memory', 'redis'] as const)(
  `in ${runs} schedules of faults each client shows what was produced, of one generation: log %s`,
  async (log) => {
    const servers = await listen(log)
    let connections = 0
    let faulted = 0
    let seed = firstSeed
    const line = async (): Promise<void> => {
      while (seed < firstSeed + runs) {
        const mine = seed++
        const [name, ask, faultsOf] = clients[mine % clients.length]!
        // A port of its own: over a connection that is kept alive from an earlier schedule there would be no faults.
        const proxy = await FaultProxy.before(() => servers[connections++ % servers.length]!.port)
        proxy.faults = faultsOf(mine)
        expect([mine, name, await ask(`${proxy.url}/agent`, mine)]).toEqual([mine, name, expected(mine)])
        faulted += proxy.faulted
        await proxy.close()
      }
    }
    await Promise.all(Array.from({ length: LINES }, line))
    const asked = servers.flatMap((server) => server.runs).sort((a, b) => a - b)
    expect(asked).toEqual(Array.from({ length: runs }, (_, at) => firstSeed + at))
    console.log(`${log}: ${runs} schedules, ${faulted} faults, ${connections} connections`)
    expect(faulted).toBeGreaterThan(runs / 2)
  },
  3_600_000,
)
