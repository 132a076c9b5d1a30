import { median } from '../stats.ts'
import { burstCpu, stringifyCpu } from './burst.ts'
import { heapPerStream } from './heap.ts'

const ROUNDS = 7
const CHUNKS = 200_000
const VIEWERS = [1, 11, 101]
const STREAMS = 10_000

/**
 * The cost of the core, as a Markdown table: CPU per chunk for one viewer and for each further one, beside
 * `JSON.stringify` of the same event in the same run, and heap per running stream. Medians over interleaved rounds.
 */
export async function coreReport(): Promise<string> {
  await burstCpu(1, CHUNKS)
  stringifyCpu(CHUNKS)
  const rounds: number[][] = []
  for (let round = 0; round < ROUNDS; round++) {
    const figures = [stringifyCpu(CHUNKS)]
    for (const viewers of VIEWERS) figures.push(await burstCpu(viewers, CHUNKS))
    rounds.push(figures)
  }
  const [stringify, ...byViewers] = [0, ...VIEWERS].map((_, column) =>
    median(rounds.map((row) => row[column]!)),
  )
  const [one, , many] = byViewers
  const further = (many! - one!) / (VIEWERS.at(-1)! - 1)
  const heap = await heapPerStream(STREAMS)
  const row = (name: string, us: number): string =>
    `| ${name} | ${us.toFixed(3)} µs | ${(us / stringify!).toFixed(2)} × |`
  return [
    '| core, in bursts | CPU per chunk | beside JSON.stringify |',
    '|---|---:|---:|',
    row('`JSON.stringify` of the event', stringify!),
    ...VIEWERS.map((viewers, index) => row(`a stream with ${viewers} viewers`, byViewers[index]!)),
    row('each further viewer', further),
    '',
    `Heap per running stream with a viewer, beyond its text (${STREAMS} streams): ${Math.round(heap)} bytes.`,
  ].join('\n')
}
