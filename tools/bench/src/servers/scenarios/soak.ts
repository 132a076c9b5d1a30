import { setTimeout as delay } from 'node:timers/promises'
import type { Figures, Pair } from '../scenario.ts'

const CLIENTS = 200
const PER_SECOND = 50
const TOKENS = 250
const WARM_UP_MS = 60_000
const SAMPLES = 12

/**
 * Clients that ask again as soon as they have their answer, for minutes. The memory in use after a full collection
 * has to be the same in the end as it was after the first minute.
 */
export async function measureSoak({ server, load }: Pair, minutes: number): Promise<Figures> {
  const target = await server.call('target')
  await server.call('begin', { perSecond: PER_SECOND })
  await load.call('keepAsking', {
    group: 'all',
    target,
    connections: CLIENTS,
    ask: { source: 'paced', tokens: TOKENS },
  })
  await delay(Math.min(WARM_UP_MS, minutes * 20_000))
  const heaps: number[] = []
  for (let sample = 0; sample < SAMPLES; sample++) {
    const { heap } = await server.call('memory', { collect: true })
    heaps.push(heap / 1e6)
    await delay((minutes * 60_000) / SAMPLES)
  }
  const answers = await load.call('answered')
  const { rss } = await server.call('finish')
  const third = SAMPLES / 3
  return {
    answers,
    firstHeapMb: mean(heaps.slice(0, third)),
    lastHeapMb: mean(heaps.slice(-third)),
    rssMb: rss / 1e6,
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
