import { setTimeout as delay } from 'node:timers/promises'
import type { Figures, Pair } from '../scenario.ts'
import { openAnswers } from './streaming.ts'

/** It never comes to its token. */
const SILENT = { source: 'silent', tokens: 1 } as const

/** How long the connections are left alone: two heartbeats of each. */
const IDLE_MS = 30_000

/** The cost of each connection that carries nothing. */
export async function measureIdle(pair: Pair, connections: number): Promise<Figures> {
  const { server } = pair
  // The first requests have code compiled and caches filled.
  await openAnswers(pair, { group: 'first', connections: 100, ask: SILENT })
  const before = await server.call('memory', { collect: true })
  await openAnswers(pair, { group: 'idle', connections, ask: SILENT })
  const after = await server.call('memory', { collect: true })
  const cpu = await server.call('cpu')
  await delay(IDLE_MS)
  const idleCpu = await server.call('cpu')
  return {
    rssKbEach: (after.rss - before.rss) / connections / 1000,
    heldKbEach: (after.held - before.held) / connections / 1000,
    idleCpuMs: (idleCpu - cpu) / (IDLE_MS / 1000),
  }
}
