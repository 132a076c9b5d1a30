import { median, ratio } from '../stats.ts'
import type { ContestantName } from './contestants/index.ts'
import type { Results } from './results.ts'
import type { FigureName } from './scenario.ts'
import type { ScenarioName } from './scenarios/index.ts'

/** The upper limit that a figure should not exceed. */
interface Goal {
  readonly scenario: ScenarioName
  readonly of: ContestantName
  readonly figure: FigureName
  readonly most: number
  /** The other side of the ratio. Without one, the limit is for the figure itself. */
  readonly to?: ContestantName
  /** How much more than the other's it may be in any case. */
  readonly orMoreBy?: number
}

const GOALS: readonly Goal[] = [
  { scenario: 'burst', of: 'sluice', figure: 'cpuUs', most: 0.33, to: 'fastify-sse' },
  { scenario: 'burst', of: 'sluice', figure: 'cpuUs', most: 0.5, to: 'bare' },
  { scenario: 'burst', of: 'sluice-ws', figure: 'cpuUs', most: 0.2, to: 'bare-ws' },
  { scenario: 'burst', of: 'sluice-sqlite', figure: 'cpuUs', most: 1.5, to: 'sluice' },
  { scenario: 'burst', of: 'sluice-ws-sqlite', figure: 'cpuUs', most: 1.5, to: 'sluice-ws' },
  { scenario: 'burst', of: 'sluice-redis', figure: 'cpuUs', most: 1.3, to: 'sluice' },
  { scenario: 'burst', of: 'sluice-ws-redis', figure: 'cpuUs', most: 1.3, to: 'sluice-ws' },
  { scenario: 'burst', of: 'sluice-redis', figure: 'cpuUs', most: 1, to: 'resumable-stream' },
  { scenario: 'burst', of: 'sluice-ui-messages', figure: 'cpuUs', most: 1.5, to: 'sluice' },
  { scenario: 'burst', of: 'sluice-ui-messages', figure: 'cpuUs', most: 0.15, to: 'ai-sdk' },
  { scenario: 'paced', of: 'sluice-ui-messages', figure: 'cpuUs', most: 1.1, to: 'sluice' },
  { scenario: 'paced', of: 'sluice-ui-messages', figure: 'cpuUs', most: 0.5, to: 'ai-sdk' },
  { scenario: 'paced', of: 'sluice', figure: 'cpuUs', most: 1, to: 'bare' },
  { scenario: 'paced', of: 'sluice-flush50', figure: 'cpuUs', most: 0.6, to: 'bare' },
  { scenario: 'paced', of: 'sluice-ws', figure: 'cpuUs', most: 1.1, to: 'bare-ws' },
  { scenario: 'paced', of: 'sluice-ws-flush50', figure: 'cpuUs', most: 0.75, to: 'bare-ws' },
  { scenario: 'shared', of: 'sluice-ws', figure: 'cpuUs', most: 0.5, to: 'bare-ws' },
  { scenario: 'paced', of: 'sluice-sqlite', figure: 'cpuUs', most: 1.15, to: 'sluice' },
  { scenario: 'paced', of: 'sluice-ws-sqlite', figure: 'cpuUs', most: 1.15, to: 'sluice-ws' },
  { scenario: 'paced', of: 'sluice-redis', figure: 'cpuUs', most: 1.8, to: 'sluice' },
  { scenario: 'paced', of: 'sluice-redis-linger50', figure: 'cpuUs', most: 1.3, to: 'sluice' },
  { scenario: 'paced', of: 'sluice-ws-redis', figure: 'cpuUs', most: 1.8, to: 'sluice-ws' },
  { scenario: 'paced', of: 'sluice-ws-redis-linger50', figure: 'cpuUs', most: 1.3, to: 'sluice-ws' },
  { scenario: 'paced', of: 'sluice-redis', figure: 'cpuUs', most: 1, to: 'resumable-stream' },
  { scenario: 'paced', of: 'sluice', figure: 'p99Ms', most: 1.1, to: 'bare', orMoreBy: 1 },
  { scenario: 'paced', of: 'sluice-ws', figure: 'p99Ms', most: 1.1, to: 'bare-ws', orMoreBy: 1 },
  { scenario: 'paced', of: 'sluice-sqlite', figure: 'p99Ms', most: 1, to: 'sluice', orMoreBy: 2 },
  { scenario: 'paced', of: 'sluice-ws-sqlite', figure: 'p99Ms', most: 1, to: 'sluice-ws', orMoreBy: 2 },
  { scenario: 'fan-out', of: 'sluice', figure: 'cpuUs', most: 0.5, to: 'better-sse-room' },
  { scenario: 'fan-out', of: 'sluice-ws', figure: 'cpuUs', most: 0.5, to: 'socket.io' },
  { scenario: 'idle', of: 'sluice', figure: 'rssKbEach', most: 1.2, to: 'bare' },
  { scenario: 'idle', of: 'sluice', figure: 'idleCpuMs', most: 1, to: 'bare' },
  { scenario: 'stalled', of: 'sluice', figure: 'heldMb', most: 8.2 },
  { scenario: 'stalled', of: 'sluice-ws', figure: 'heldMb', most: 8.2 },
  { scenario: 'storm', of: 'sluice', figure: 'servedMs', most: 1_000 },
  { scenario: 'storm', of: 'sluice', figure: 'stormMaxMs', most: 50 },
  { scenario: 'storm', of: 'sluice-ws', figure: 'servedMs', most: 1_000 },
  { scenario: 'storm', of: 'sluice-ui-messages', figure: 'servedMs', most: 1_000 },
  { scenario: 'storm', of: 'sluice-ws', figure: 'stormMaxMs', most: 50 },
  { scenario: 'growth', of: 'sluice', figure: 'growth', most: 1.3 },
  { scenario: 'growth', of: 'sluice-ws', figure: 'growth', most: 1.3 },
]

/** A goal, and what came of it. */
export interface Outcome extends Goal {
  readonly is: number
  readonly isReached: boolean
}

/** The results of all goals whose scenario was measured. */
export function outcomes(results: Results): readonly Outcome[] {
  return GOALS.flatMap((goal) => {
    const { scenario, of, figure, most, to, orMoreBy } = goal
    const own = valuesOf(results, scenario, of, figure)
    const theirs = to === undefined ? undefined : valuesOf(results, scenario, to, figure)
    if (own.length === 0 || theirs?.length === 0) return []
    const is = theirs === undefined ? median(own) : ratio(own, theirs)
    const isNear = theirs !== undefined && orMoreBy !== undefined && median(own) - median(theirs) <= orMoreBy
    return [{ ...goal, is, isReached: is <= most || isNear }]
  })
}

function valuesOf(
  results: Results,
  scenario: ScenarioName,
  name: ContestantName,
  figure: FigureName,
): readonly number[] {
  const rounds = results[scenario]?.rounds[name] ?? []
  return rounds.flatMap((figures) => figures[figure] ?? [])
}
