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
 * All contestants in turns, round by round, so that what slows the machine for a while slows all of them. Each turn is
 * a new process, from its warm-up to its figures: while others had theirs it would grow cold, because V8 and the
 * machine give back what is not used, and it is a server at work that is measured.
 */
export async function measureInTurns(scenario: Scenario, effort: Effort): Promise<Measured> {
  const { names, rounds, say } = effort
  const measured = new Map<ContestantName, Figures[]>(names.map((name) => [name, []]))
  const load = await startChild<LoadCalls>('./load/process.ts', [])
  try {
    for (let round = 0; round < rounds; round++) {
      for (const name of names) {
        const { figures, fault } = await takeTurn(load, name, scenario, effort)
        const { title, digits } = FIGURES[scenario.main]
        say(`${name}: ${fault ?? `${title} ${figures?.[scenario.main]?.toFixed(digits)}`}`)
        if (figures !== undefined) measured.get(name)!.push(figures)
      }
    }
  } finally {
    await load.stop()
  }
  return measured
}

/** The result of a turn. */
interface Turn {
  readonly figures?: Figures
  readonly fault?: string
}

async function takeTurn(
  load: Child<LoadCalls>,
  name: ContestantName,
  scenario: Scenario,
  effort: Effort,
): Promise<Turn> {
  const { minutes } = effort
  const server = await startServer(name, scenario, effort)
  try {
    let turn: Turn = {}
    for (let measures = 0; measures <= scenario.warmUps && turn.fault === undefined; measures++) {
      turn = await outcomeOf(scenario.measure({ server, load }, minutes), minutes)
      await load.call('close')
    }
    return turn
  } finally {
    await server.stop()
  }
}

/** The result of a measurement. One that fails, or never ends, is missing in the table; the others go on. */
async function outcomeOf(measuring: Promise<Figures>, minutes: number): Promise<Turn> {
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
  { counts = false }: Scenario,
  { profiles }: Effort,
): Promise<Child<ServerCalls>> {
  const flags =
    profiles === undefined
      ? []
      : ['--cpu-prof', `--cpu-prof-dir=${profiles}`, `--cpu-prof-name=${name}.${Date.now()}.cpuprofile`]
  return startChild<ServerCalls>('./server/process.ts', [name, counts ? 'count' : ''], flags)
}
