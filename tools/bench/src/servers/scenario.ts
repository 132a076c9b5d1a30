import type { Child } from './child.ts'
import type { ContestantName } from './contestants/index.ts'
import type { LoadCalls } from './load/process.ts'
import type { ServerCalls } from './server/process.ts'

/** The figures of one contestant in one round, by the names of {@link FIGURES}. */
export type Figures = Readonly<Partial<Record<FigureName, number>>>

/** How a figure is shown. */
interface Figure {
  readonly title: string
  readonly digits: number
}

/** All that is measured anywhere. CPU is user and system time of the server's process. */
export const FIGURES = {
  cpuUs: { title: 'CPU per event, µs', digits: 2 },
  systemUs: { title: 'of that system', digits: 2 },
  perSecond: { title: 'events/s', digits: 0 },
  p50Ms: { title: 'p50, ms', digits: 2 },
  p99Ms: { title: 'p99, ms', digits: 2 },
  p999Ms: { title: 'p99.9, ms', digits: 2 },
  loopMs: { title: 'event loop p99, ms', digits: 1 },
  rssMb: { title: 'RSS, MB', digits: 0 },
  rssKbEach: { title: 'RSS each, kB', digits: 1 },
  heldKbEach: { title: 'held each, kB', digits: 1 },
  idleCpuMs: { title: 'CPU per second, ms', digits: 1 },
  cpu100Us: { title: 'CPU per event at 100, µs', digits: 2 },
  cpu1000Us: { title: 'at 1,000, µs', digits: 2 },
  cpu10000Us: { title: 'at 10,000, µs', digits: 2 },
  growth: { title: '10,000 : 100', digits: 2 },
  heldMb: { title: 'held more, MB', digits: 1 },
  rssMoreMb: { title: 'RSS more, MB', digits: 1 },
  calmMaxMs: { title: 'others’ longest delay before, ms', digits: 1 },
  stormMaxMs: { title: 'others’ longest delay meanwhile, ms', digits: 1 },
  servedMs: { title: 'all served after, ms', digits: 0 },
  lost: { title: 'answers lost', digits: 0 },
  firstHeapMb: { title: 'heap at first, MB', digits: 1 },
  lastHeapMb: { title: 'heap in the end, MB', digits: 1 },
  answers: { title: 'answers', digits: 0 },
  serverBusy: { title: 'server busy', digits: 2 },
  loadBusy: { title: 'load busy', digits: 2 },
} as const satisfies Readonly<Record<string, Figure>>

/** The name of a figure. */
export type FigureName = keyof typeof FIGURES

/** One server, and who asks it. */
export interface Pair {
  readonly server: Child<ServerCalls>
  readonly load: Child<LoadCalls>
}

/** Something that servers are compared in. */
export interface Scenario {
  readonly title: string
  /** A description, in one sentence. */
  readonly about: string
  readonly contestants: readonly ContestantName[]
  /** The figure that ratios compare. */
  readonly main: FigureName
  readonly rounds: number
  /** How often it is done before it is counted, in each round: for the compilers. */
  readonly warmUps: number
  /** Takes minutes, so only who asks for it gets it. */
  readonly isLong?: boolean
  /** A server's shared memory is counted, at some cost. */
  readonly counts?: boolean
  /** Connections at once, each a file in two processes. */
  readonly connections: number
  /** @param minutes how long a scenario takes whose length is for its user to say */
  measure(pair: Pair, minutes: number): Promise<Figures>
}
