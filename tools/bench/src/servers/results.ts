import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { type ContestantName, contestants } from './contestants/index.ts'
import type { Measured } from './in-turns.ts'
import type { Figures } from './scenario.ts'
import type { ScenarioName } from './scenarios/index.ts'
import { versionOf } from './versions.ts'

/** The results of one scenario. */
export interface ScenarioResult {
  /** The machine, and how busy others had it at the start. */
  readonly machine: string
  /** How busy it was in the end, the servers measured among it. */
  readonly loadAfter: number
  /** The rounds of each server, in the order in which they are compared. */
  readonly rounds: Readonly<Partial<Record<ContestantName, readonly Figures[]>>>
  /** Of the packages that were compared. */
  readonly versions: Readonly<Record<string, string>>
}

/** The file that the documentation is made from. */
export type Results = Readonly<Partial<Record<ScenarioName, ScenarioResult>>>

/** The results in a file; none if there is no file. */
export function readResults(file: string | URL): Results {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
}

/** Puts what was measured in the place of what the file had of that scenario. */
export function addResult(file: string, scenario: ScenarioName, result: ScenarioResult): void {
  const results: Results = { ...readResults(file), [scenario]: result }
  writeFileSync(file, `${JSON.stringify(results, rounded, 2)}\n`)
}

/** All results, with the machine of the measurement. */
export function resultOf(measured: Measured, machineBefore: string): ScenarioResult {
  const packages = [...measured.keys()].flatMap((name) => packageOf(name) ?? [])
  return {
    machine: machineBefore,
    loadAfter: loadavg()[0]!,
    rounds: Object.fromEntries(measured),
    versions: Object.fromEntries(packages.map((name) => [name, versionOf(name)])),
  }
}

function packageOf(name: ContestantName): string | undefined {
  const contestant: { readonly package?: string } = contestants[name]
  return contestant.package
}

/** More digits than were measured would only be noise in every diff. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value
}
