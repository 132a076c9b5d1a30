import { readFileSync, writeFileSync } from 'node:fs'
import type { Wanted } from '../command-line.ts'
import { burstCpu, stringifyCpu } from './burst.ts'
import { profiled } from './profile.ts'
import { openaiChatCpu } from './provider.ts'

const BASELINE = new URL('./baseline.json', import.meta.url)
const ROUNDS = 12
const CHUNKS = 60_000

/** CPU per chunk over that of `JSON.stringify` of the same event in the same run, so that machines compare. */
type Ratios = Readonly<Record<string, number>>

/**
 * The core's path of a chunk, append to flush, in some seconds, beside what it took when the baseline was stored.
 * It asserts nothing: a machine that others use too would have it cry wolf.
 */
export async function microReport({ profiles, out }: Wanted): Promise<string> {
  const baseline: Ratios = JSON.parse(readFileSync(BASELINE, 'utf8'))
  const ratios = profiles === undefined ? await measure() : await profiled(profiles, 'core', measure)
  if (out !== undefined) writeFileSync(out, `${JSON.stringify(ratios, undefined, 2)}\n`)
  return [
    '| core, CPU per chunk beside JSON.stringify | now | baseline | change |',
    '|---|---:|---:|---:|',
    ...Object.entries(ratios).map(([name, now]) => row(name, now, baseline[name])),
  ].join('\n')
}

const VIEWERS = [1, 11]

/** The least of all rounds: what else the machine does only ever adds. */
async function measure(): Promise<Ratios> {
  let stringify = Number.POSITIVE_INFINITY
  let provider = Number.POSITIVE_INFINITY
  const least = VIEWERS.map(() => Number.POSITIVE_INFINITY)
  for (let round = 0; round < ROUNDS; round++) {
    stringify = Math.min(stringify, stringifyCpu(CHUNKS * 4))
    for (const [index, count] of VIEWERS.entries()) {
      least[index] = Math.min(least[index]!, await burstCpu(count, CHUNKS))
    }
    provider = Math.min(provider, await openaiChatCpu(CHUNKS / 4))
  }
  const named = VIEWERS.map((count, index) => [
    `a stream with ${count} ${count === 1 ? 'viewer' : 'viewers'}`,
    Number((least[index]! / stringify).toFixed(2)),
  ])
  return Object.fromEntries([...named, ['reading openaiChat', Number((provider / stringify).toFixed(2))]])
}

function row(name: string, now: number, before: number | undefined): string {
  if (before === undefined) return `| ${name} | ${now.toFixed(2)} × | - | - |`
  const change = 100 * (now / before - 1)
  return `| ${name} | ${now.toFixed(2)} × | ${before.toFixed(2)} × | ${change < 0 ? '' : '+'}${change.toFixed(0)} % |`
}
