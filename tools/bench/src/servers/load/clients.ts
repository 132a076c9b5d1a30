import { setTimeout as delay } from 'node:timers/promises'
import { quantile } from '../../stats.ts'
import type { Target } from '../contestant.ts'
import type { Ask } from '../server/tokens.ts'
import type { Answer } from './answer.ts'
import type { Connection } from './connection.ts'
import { Delays } from './delays.ts'
import { HttpConnection } from './http-connection.ts'
import { WsConnection } from './ws-connection.ts'

/** From production to receipt, in milliseconds. */
export interface Latency {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  readonly maxMs: number
}

/** The result of reading several answers at once. */
export interface Readings extends Latency {
  readonly events: number
}

/** Clients that do the same, under a name of their own. */
interface Group {
  readonly name: string
  readonly target: Target
  readonly delays: Delays
  readonly connections: Set<Connection>
}

/** Connections that are opened at once. */
const BATCH = 250
const BATCH_MS = 20
/** How often it is looked whether acks are due. */
const ACK_MS = 10

const groups = new Map<string, Group>()
let answered = 0
let acks: NodeJS.Timeout | undefined

/** The clients, and their requests. */
export interface OpenArguments {
  readonly group: string
  readonly target: Target
  readonly connections: number
  /** Answers on each connection. @default 1 */
  readonly answers?: number
  readonly ask: Ask
}

/** The clients that view the same answer. */
export interface WatchArguments {
  readonly group: string
  readonly target: Target
  readonly connections: number
  readonly ask: Ask
}

/** The expected answers. */
export interface Expected {
  readonly group: string
  readonly tokens: number
}

export const clients = {
  /** Opens connections, or more of them, each of which asks for answers. Some servers say nothing before their first token. */
  async open({ group: name, target, connections, answers = 1, ask }: OpenArguments): Promise<void> {
    const group = groups.get(name) ?? newGroup(name, target)
    await inBatches(connections, () => {
      const connection = connect(group)
      for (let answer = 0; answer < answers; answer++) connection.start(ask)
    })
  },

  /** One client asks for an answer, and the others look on from its beginning. */
  async watch({ group: name, target, connections, ask }: WatchArguments): Promise<void> {
    const group = newGroup(name, target)
    const first = connect(group).start(ask)
    await first.attached
    const others: Answer[] = []
    await inBatches(connections - 1, () => others.push(connect(group).resume(first.name, 0)))
    await Promise.all(others.map(({ attached }) => attached))
  },

  /** Waits until every answer has been read to its end, and checks each. */
  async readAll({ group: name, tokens }: Expected): Promise<Readings> {
    const { connections, delays } = groups.get(name)!
    const answers = [...connections].flatMap((connection) => [...connection.answers])
    await Promise.all(answers.map(({ over }) => over))
    for (const answer of answers) check(answer, tokens)
    return { events: delays.count, ...latencyOf(delays) }
  },

  /** Waits until every answer is over; how many of them did not come whole. */
  async lost({ group: name, tokens }: Expected): Promise<number> {
    const answers = [...groups.get(name)!.connections].flatMap((connection) => [...connection.answers])
    await Promise.all(answers.map(({ over }) => over))
    return answers.filter((answer) => !isWhole(answer, tokens)).length
  },

  /** Returns the counts so far, and begins to count again. */
  sample({ group: name }: { readonly group: string }): Readings {
    const { delays } = groups.get(name)!
    const readings = { events: delays.count, ...latencyOf(delays) }
    delays.clear()
    return readings
  },

  /** Asks for an answer, and reads nothing of it but that it begins. */
  async stall({ target, ask }: Omit<OpenArguments, 'group' | 'connections'>): Promise<void> {
    const connection = connect(newGroup('stalled', target))
    const { attached } = connection.start(ask)
    await attached
    connection.stall()
  },

  /** Opens connections, each of which asks again when it has its answer. */
  async keepAsking({ group: name, target, connections, ask }: OpenArguments): Promise<void> {
    const group = newGroup(name, target)
    answered = 0
    await inBatches(connections, () => void askAgain(group, ask))
  },

  /** Answers that were read to their end, and were right, since then. */
  answered: (): number => answered,

  /** All are gone at once and come back at once; the milliseconds until each has its next token. */
  async reconnect({ group: name }: { readonly group: string }): Promise<number> {
    const group = groups.get(name)!
    const lost = [...group.connections]
    group.connections.clear()
    for (const connection of lost) connection.cut()
    const began = performance.now()
    const resumed = lost
      .flatMap(({ answers }) => [...answers])
      .map(({ name: answer, tokens }) =>
        connect(group).resume(answer, group.target.resumesFromStart ? 0 : tokens),
      )
    // A refusal is an answer too, and is counted at the end.
    await Promise.allSettled(resumed.map(({ begun }) => begun))
    return performance.now() - began
  },

  /** Lets all connections go. */
  close(): void {
    clearInterval(acks)
    acks = undefined
    for (const { connections } of groups.values()) for (const connection of connections) connection.cut()
    groups.clear()
  },
}

function newGroup(name: string, target: Target): Group {
  const group: Group = { name, target, delays: new Delays(), connections: new Set() }
  groups.set(name, group)
  if (target.wire === 'sluice-ws') acks ??= setInterval(acknowledge, ACK_MS)
  return group
}

async function askAgain(group: Group, ask: Ask): Promise<void> {
  while (groups.has(group.name)) {
    const connection = connect(group)
    const answer = connection.start(ask)
    await answer.over
    if (!groups.has(group.name)) return
    check(answer, ask.tokens)
    answered += 1
    connection.cut()
    group.connections.delete(connection)
    group.delays.clear()
  }
}

function connect({ target, delays, connections }: Group): Connection {
  const Kind = target.wire === 'sse' ? HttpConnection : WsConnection
  const connection = new Kind({ target, delays })
  connections.add(connection)
  return connection
}

function acknowledge(): void {
  for (const { connections } of groups.values()) {
    for (const connection of connections) if (connection instanceof WsConnection) connection.acknowledge()
  }
}

/** A listen queue has its bound. */
async function inBatches(connections: number, open: () => unknown): Promise<void> {
  for (let opened = 0; opened < connections; opened++) {
    if (opened % BATCH === BATCH - 1) await delay(BATCH_MS)
    open()
  }
}

function isWhole({ tokens, isInOrder, isEnded }: Answer, expected: number): boolean {
  return isInOrder && isEnded && tokens === expected
}

function check(answer: Answer, expected: number): void {
  if (isWhole(answer, expected)) return
  const { tokens, isInOrder, isEnded } = answer
  const fault = `${isEnded ? '' : ', no end'}${isInOrder ? '' : ', one out of order'}`
  throw new Error(`${tokens} of ${expected} tokens came in order${fault}`)
}

function latencyOf({ all }: Delays): Latency {
  const sorted = all.slice().sort()
  const at = (share: number) => quantile(sorted, share)
  return { p50Ms: at(0.5), p99Ms: at(0.99), p999Ms: at(0.999), maxMs: sorted.at(-1) ?? Number.NaN }
}
