import { setTimeout as delay } from 'node:timers/promises'
import { type Child, startChild } from './child.ts'
import type { ContestantName } from './contestants/index.ts'
import type { LoadCalls } from './load/process.ts'
import { FIGURES, type Figures, type Scenario } from './scenario.ts'
import type { ServerCalls } from './server/process.ts'

/** How long a round may take beyond what its user has asked for. */
const PATIENCE_MS = 120_000

/** How much is measured, and with what. */
export interface Effort {
  readonly names: readonly ContestantName[]
  readonly rounds: number
  readonly minutes: number
  /** A folder for a CPU profile of each server. */
  readonly profiles: string | undefined
  /** Says how far it is. */
  readonly say: (line: string) => void
}

/** The rounds of each contestant, in order. */
export type Measured = ReadonlyMap<ContestantName, readonly Figures[]>

/**
 * All contestants in turns, round by round, so that what slows the machine for a while slows all of them. Each is a
 * process of its own.
 */
export async function measureInTurns(scenario: Scenario, effort: Effort): Promise<Measured> {
  const { names, rounds, minutes, say } = effort
  const measured = new Map<ContestantName, Figures[]>(names.map((name) => [name, []]))
  const servers = new Map<ContestantName, Child<ServerCalls>>()
  const load = await startChild<LoadCalls>('./load/process.ts', [])
  try {
    for (let round = -scenario.warmUps; round < rounds; round++) {
      for (const name of names) {
        const server = servers.get(name) ?? (await startServer(name, scenario, effort))
        servers.set(name, server)
        const { figures, fault } = await outcomeOf(scenario.measure({ server, load }, minutes), minutes)
        await load.call('close')
        const { title, digits } = FIGURES[scenario.main]
        const outcome = fault ?? `${title} ${figures?.[scenario.main]?.toFixed(digits)}`
        say(`${name}: ${outcome}${round < 0 ? ', not counted' : ''}`)
        if (figures !== undefined && round >= 0) measured.get(name)!.push(figures)
        if (!scenario.isFresh && fault === undefined) continue
        servers.delete(name)
        await server.stop()
      }
    }
  } finally {
    for (const server of servers.values()) await server.stop()
    await load.stop()
  }
  return measured
}

/** What came of a round. One that fails, or never ends, is missing in the table; the others go on. */
async function outcomeOf(
  measuring: Promise<Figures>,
  minutes: number,
): Promise<{ readonly figures?: Figures; readonly fault?: string }> {
  const deadline = new AbortController()
  const { signal } = deadline
  try {
    const late = delay(PATIENCE_MS + minutes * 60_000, undefined, { signal }).then(() => undefined)
    const figures = await Promise.race([measuring, late])
    return figures === undefined ? { fault: 'it did not come to an end' } : { figures }
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) }
  } finally {
    deadline.abort()
  }
}

function startServer(
  name: ContestantName,
  { isFresh = false }: Scenario,
  { profiles }: Effort,
): Promise<Child<ServerCalls>> {
  const flags =
    profiles === undefined
      ? []
      : ['--cpu-prof', `--cpu-prof-dir=${profiles}`, `--cpu-prof-name=${name}.${Date.now()}.cpuprofile`]
  return startChild<ServerCalls>('./server/process.ts', [name, isFresh ? 'count-timers' : ''], flags)
}
