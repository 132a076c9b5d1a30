import { setTimeout as delay } from 'node:timers/promises'
import type { Figures, Pair } from '../scenario.ts'
import { openAnswers } from './streaming.ts'

const CLIENTS = 1_000
const OTHERS = 100
const PER_SECOND = 20
const TOKENS = 200
const CALM_MS = 3_000
const AFTER_MS = 2_000

/** Clients that lose their connections at once, and come back at once, in the middle of their answers. */
export async function measureStorm(pair: Pair): Promise<Figures> {
  const { server, load } = pair
  const ask = { source: 'paced', tokens: TOKENS } as const
  await openAnswers(pair, { group: 'clients', connections: CLIENTS, ask })
  await openAnswers(pair, { group: 'others', connections: OTHERS, ask })
  await server.call('begin', { perSecond: PER_SECOND })
  await delay(CALM_MS / 3)
  await load.call('sample', { group: 'others' })
  await delay(CALM_MS)
  const calm = await load.call('sample', { group: 'others' })
  const servedMs = await load.call('reconnect', { group: 'clients' })
  await delay(AFTER_MS)
  const meanwhile = await load.call('sample', { group: 'others' })
  const lost = await load.call('lost', { group: 'clients', tokens: TOKENS })
  await load.call('readAll', { group: 'others', tokens: TOKENS })
  await server.call('finish')
  return { servedMs, lost, calmMaxMs: calm.maxMs, stormMaxMs: meanwhile.maxMs }
}
