import { setTimeout as delay } from 'node:timers/promises'
import type { Figures, Pair } from '../scenario.ts'
import { openAnswers } from './streaming.ts'

const OTHERS = 50
const PER_SECOND = 50
const CALM_MS = 3_000
const STALLED_MS = 8_000
const SAMPLE_MS = 250

/** Memory that one reader costs who takes nothing of a million tokens, and what the others notice of it. */
export async function measureStalled(pair: Pair): Promise<Figures> {
  const { server, load } = pair
  const target = await server.call('target')
  const ask = { source: 'paced', tokens: 1_000_000 } as const
  await openAnswers(pair, { group: 'others', connections: OTHERS, ask })
  await server.call('begin', { perSecond: PER_SECOND })
  await delay(CALM_MS / 3)
  await load.call('sample', { group: 'others' })
  await delay(CALM_MS)
  const calm = await load.call('sample', { group: 'others' })
  const before = await server.call('memory', { collect: true })
  await load.call('sample', { group: 'others' })

  await load.call('stall', { target, ask: { source: 'burst', tokens: 1_000_000 } })
  let peak = before.rss
  for (let waited = 0; waited < STALLED_MS; waited += SAMPLE_MS) {
    await delay(SAMPLE_MS)
    const { rss } = await server.call('memory', { collect: false })
    peak = Math.max(peak, rss)
  }
  const meanwhile = await load.call('sample', { group: 'others' })
  const after = await server.call('memory', { collect: true })
  await server.call('finish')
  return {
    heldMb: (after.held - before.held) / 1e6,
    rssMoreMb: (peak - before.rss) / 1e6,
    calmMaxMs: calm.maxMs,
    stormMaxMs: meanwhile.maxMs,
  }
}
