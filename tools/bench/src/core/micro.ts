import { readFileSync, writeFileSync } from 'node:fs'
import type { Wire } from '@sluice/core/transport'
import { uiMessages } from '@sluice/wires/ai-sdk'
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

/** The bursts: how many viewers, and the wire that they read on. */
const BURSTS: Readonly<Record<string, readonly [viewers: number, wire?: Wire]>> = {
  'a stream with 1 viewer': [1],
  'a stream with 11 viewers': [11],
  'a stream with 1 viewer, on the wire of the AI SDK': [1, uiMessages],
  'a stream with 11 viewers, on the wire of the AI SDK': [11, uiMessages],
}

/** The least of all rounds: what else the machine does only ever adds. */
async function measure(): Promise<Ratios> {
  let stringify = Number.POSITIVE_INFINITY
  let provider = Number.POSITIVE_INFINITY
  const least = new Map<string, number>()
  for (let round = 0; round < ROUNDS; round++) {
    stringify = Math.min(stringify, stringifyCpu(CHUNKS * 4))
    for (const [name, [viewers, wire]] of Object.entries(BURSTS)) {
      const cpu = await burstCpu(viewers, CHUNKS, wire)
      least.set(name, Math.min(least.get(name) ?? cpu, cpu))
    }
    provider = Math.min(provider, await openaiChatCpu(CHUNKS / 4))
  }
  const figures = [...least, ['reading openaiChat', provider] as const]
  return Object.fromEntries(figures.map(([name, cpu]) => [name, Number((cpu / stringify).toFixed(2))]))
}

function row(name: string, now: number, before: number | undefined): string {
  if (before === undefined) return `| ${name} | ${now.toFixed(2)} × | - | - |`
  const change = 100 * (now / before - 1)
  return `| ${name} | ${now.toFixed(2)} × | ${before.toFixed(2)} × | ${change < 0 ? '' : '+'}${change.toFixed(0)} % |`
}
