import type { Figures, Pair } from '../scenario.ts'
import { streamOnce } from './streaming.ts'

/** Of all answers together, so that a server is as busy with few as with many. */
const EVENTS_PER_SECOND = 20_000
const SECONDS = 5

/** The cost of an event as the number of simultaneous answers grows. */
export async function measureGrowth(pair: Pair): Promise<Figures> {
  const few = await stream(pair, 100)
  const more = await stream(pair, 1_000)
  const { cpuUs: cpu10000Us = Number.NaN, rssMb = 0, loadBusy = 0 } = await stream(pair, 10_000)
  const { cpuUs: cpu100Us = Number.NaN } = few
  const { cpuUs: cpu1000Us = Number.NaN } = more
  return { cpu100Us, cpu1000Us, cpu10000Us, growth: cpu10000Us / cpu100Us, rssMb, loadBusy }
}

async function stream(pair: Pair, connections: number): Promise<Figures> {
  const perSecond = EVENTS_PER_SECOND / connections
  const ask = { source: 'paced', tokens: perSecond * SECONDS } as const
  const figures = await streamOnce(pair, { connections, ask, perSecond })
  // The next ones are others.
  await pair.load.call('close')
  return figures
}
