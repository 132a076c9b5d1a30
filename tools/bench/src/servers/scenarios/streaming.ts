import { setTimeout as delay } from 'node:timers/promises'
import type { Child } from '../child.ts'
import type { Figures, Pair } from '../scenario.ts'
import type { ServerCalls } from '../server/process.ts'
import type { Ask } from '../server/tokens.ts'

/** Answers that are streamed side by side. */
export interface Streaming {
  readonly connections: number
  /** Answers on each connection; more than one if the wire carries several. @default 1 */
  readonly answers?: number
  /** Whether all connections read one and the same answer. @default false */
  readonly isShared?: boolean
  readonly ask: Ask
  /** Tokens of each answer in a second; 0: as they are taken. */
  readonly perSecond: number
}

const GROUP = 'all'

/** Streams once, from the moment when every client is there until each has read its end. */
export async function streamOnce({ server, load }: Pair, streaming: Streaming): Promise<Figures> {
  const { connections, answers = 1, isShared = false, ask, perSecond } = streaming
  const target = await server.call('target')
  if (isShared) await load.call('watch', { group: GROUP, target, connections, ask })
  else await openAnswers({ server, load }, { group: GROUP, connections, answers, ask })
  await load.call('begin')
  const reading = load.call('readAll', { group: GROUP, tokens: ask.tokens })
  // Awaited below; if it fails before that, that is soon enough.
  reading.catch(() => {})
  await server.call('begin', { perSecond })
  const { events, p50Ms, p99Ms, p999Ms } = await reading
  const { userMs, systemMs, wallMs, utilization, loopDelayMs, rss } = await server.call('finish')
  return {
    cpuUs: ((userMs + systemMs) * 1000) / events,
    systemUs: (systemMs * 1000) / events,
    perSecond: (events * 1000) / wallMs,
    p50Ms,
    p99Ms,
    p999Ms,
    loopMs: loopDelayMs,
    rssMb: rss / 1e6,
    serverBusy: utilization,
    loadBusy: await load.call('utilization'),
  }
}

/** The clients, and their requests. */
interface Opening {
  readonly group: string
  readonly connections: number
  readonly answers?: number
  readonly ask: Ask
}

/** Connections that are opened before it is waited for them: more at once would only fill a queue. */
const BATCH = 500

/** Opens connections, and returns when the server has each of their answers to give. */
export async function openAnswers({ server, load }: Pair, opening: Opening): Promise<void> {
  const { connections, answers = 1 } = opening
  const target = await server.call('target')
  const before = await server.call('answers')
  for (let opened = 0; opened < connections; ) {
    const batch = Math.min(BATCH, connections - opened)
    await load.call('open', { ...opening, target, connections: batch })
    opened += batch
    await answersAre(server, before + opened * answers)
  }
}

const PATIENCE_MS = 60_000

/**
 * Waits until a server has the expected number of answers to send.
 * @throws {Error} if it never has
 */
async function answersAre(server: Child<ServerCalls>, count: number): Promise<void> {
  const began = performance.now()
  for (;;) {
    const answers = await server.call('answers')
    if (answers === count) return
    if (performance.now() - began > PATIENCE_MS) throw new Error(`${answers} of ${count} answers began`)
    await delay(20)
  }
}
