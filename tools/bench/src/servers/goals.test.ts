import { expect, test } from 'vitest'
import { outcomes } from './goals.ts'
import type { Results } from './results.ts'
import type { Figures } from './scenario.ts'

function burst(sluice: readonly Figures[], bare: readonly Figures[]): Results {
  return { burst: { machine: '', loadAfter: 0, versions: {}, rounds: { sluice, bare } } }
}

test('a ratio is reached at its bound, and missed above it', () => {
  const at = (cpuUs: number) => outcomes(burst([{ cpuUs }], [{ cpuUs: 10 }]))
  expect(at(5)).toMatchObject([{ scenario: 'burst', of: 'sluice', to: 'bare', is: 0.5, isReached: true }])
  expect(at(5.1)).toMatchObject([{ isReached: false }])
})

test('a latency may be a little more than the other’s, however small that is', () => {
  const p99 = (own: number, theirs: number) =>
    outcomes({
      paced: {
        machine: '',
        loadAfter: 0,
        versions: {},
        rounds: { sluice: [{ p99Ms: own }], bare: [{ p99Ms: theirs }] },
      },
    }).find(({ figure }) => figure === 'p99Ms')
  expect(p99(1.9, 1)).toMatchObject({ isReached: true })
  expect(p99(2.1, 1)).toMatchObject({ isReached: false })
  expect(p99(22, 20)).toMatchObject({ isReached: true })
})

test('what was not measured has no outcome', () => {
  expect(outcomes({})).toEqual([])
})
