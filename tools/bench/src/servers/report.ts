import { mkdirSync } from 'node:fs'
import type { Wanted } from '../command-line.ts'
import { machine } from '../machine.ts'
import { type ContestantName, contestants } from './contestants/index.ts'
import { fileLimitFault } from './file-limit.ts'
import { measureInTurns } from './in-turns.ts'
import { addResult, resultOf } from './results.ts'
import { scenarios } from './scenarios/index.ts'
import { table } from './table.ts'

/** Compares servers in scenarios, as Markdown tables. */
export async function serversReport(wanted: Wanted): Promise<string> {
  const unlessLong = Object.entries(scenarios).flatMap(([name, { isLong }]) => (isLong ? [] : [name]))
  const names = known('scenario', wanted.scenarios ?? unlessLong, scenarios)
  const groups = groupsOf(wanted)
  if (wanted.profiles !== undefined) mkdirSync(wanted.profiles, { recursive: true })
  const tables: string[] = []
  for (const name of names) {
    const scenario = scenarios[name]
    const fault = fileLimitFault(scenario.connections)
    if (fault !== undefined) {
      tables.push(`${scenario.title}. ${fault}`)
      continue
    }
    for (const group of groups ?? [scenario.contestants]) {
      const before = machine()
      const measured = await measureInTurns(scenario, {
        names: group,
        rounds: wanted.rounds ?? scenario.rounds,
        minutes: wanted.minutes,
        profiles: wanted.profiles,
        say: (line) => console.error(`${name}: ${line}`),
      })
      const result = resultOf(measured, before)
      if (wanted.out !== undefined) addResult(wanted.out, name, result)
      tables.push(table(name, result))
    }
  }
  return tables.join('\n\n')
}

/** The servers that are compared with each other, table by table; `undefined`: those that the scenario is for. */
function groupsOf({ only, without }: Wanted): readonly (readonly ContestantName[])[] | undefined {
  if (without === undefined) return only && [known('server', only, contestants)]
  const bases = (['sluice', 'sluice-ws'] as const).filter((base) => only === undefined || only.includes(base))
  const groups = bases.map((base): ContestantName[] => [
    base,
    ...without
      .map((bypass) => `${base}-without-${bypass}`)
      .filter((name): name is ContestantName => Object.hasOwn(contestants, name)),
  ])
  const unknown = without.find((bypass) => !groups.flat().some((name) => name.endsWith(`-without-${bypass}`)))
  if (unknown !== undefined) throw new TypeError(`Sluice cannot be measured without "${unknown}".`)
  return groups.filter(({ length }) => length > 1)
}

function known<Name extends string>(
  kind: string,
  names: readonly string[],
  all: Readonly<Record<Name, unknown>>,
): Name[] {
  const unknown = names.find((name) => !Object.hasOwn(all, name))
  if (unknown === undefined) return names as Name[]
  throw new TypeError(`There is no ${kind} "${unknown}"; there is: ${Object.keys(all).join(', ')}.`)
}
