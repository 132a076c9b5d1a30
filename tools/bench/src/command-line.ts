import { parseArgs } from 'node:util'

/** The measurements that the command line asks for. */
export interface Wanted {
  /** Benchmarks by name; none: all. */
  readonly names: readonly string[]
  /** Servers to compare; `undefined`: those that a scenario is for. */
  readonly only: readonly string[] | undefined
  /** Ways past public interfaces, each of which Sluice is measured without, beside Sluice as it is. */
  readonly without: readonly string[] | undefined
  /** Scenarios of `servers`, documents of `markdown`; `undefined`: all but the soak. */
  readonly scenarios: readonly string[] | undefined
  /** `undefined`: as many as a scenario needs. */
  readonly rounds: number | undefined
  /** How long a soak takes. */
  readonly minutes: number
  /** A folder for CPU profiles. */
  readonly profiles: string | undefined
  /** A file for figures, as JSON. */
  readonly out: string | undefined
}

/** How it is used. */
export const USAGE = `npm run bench                      core, ttft and servers
npm run bench -- micro             the core's path alone, in seconds, beside its baseline
npm run bench -- servers --scenario burst --only bare,sluice --rounds 3
npm run bench -- servers --scenario burst,paced --without outlet,shared-memory
npm run bench -- markdown          a growing Markdown text in Chromium, with its peers and goals
npm run bench -- document          writes docs/benchmarks.md from tools/bench/results.json

  --scenario a,b   scenarios of servers                             [all but soak]
  --only a,b       servers to compare; ratios are to the first      [those that the scenario is for]
  --without a,b    Sluice as it is, and without each of these ways past public interfaces: outlet,
                   response (SSE), frames (WebSocket), shared-memory (both)
  --rounds n       how often, in turns                              [what the scenario needs]
  --minutes n      how long a soak takes                            [5]
  --cpu-prof dir   write CPU profiles of servers or micro to a folder
  --out file       add the figures of servers to a JSON file, or write those of micro
`

/**
 * Reads a command line.
 * @throws {TypeError} if it has an unknown option.
 */
export function readCommandLine(args: readonly string[]): Wanted {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      only: { type: 'string' },
      without: { type: 'string' },
      scenario: { type: 'string' },
      rounds: { type: 'string' },
      minutes: { type: 'string', default: '5' },
      'cpu-prof': { type: 'string' },
      out: { type: 'string' },
    },
  })
  return {
    names: positionals,
    only: values.only?.split(','),
    without: values.without?.split(','),
    scenarios: values.scenario?.split(','),
    rounds: values.rounds === undefined ? undefined : count(values.rounds),
    minutes: count(values.minutes),
    profiles: values['cpu-prof'],
    out: values.out,
  }
}

function count(text: string): number {
  const number = Number(text)
  if (number > 0) return number
  throw new TypeError(`${text} has to be a number above 0.`)
}
