import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { barChart } from './chart.ts'
import { contestants } from './contestants/index.ts'
import { type Outcome, outcomes } from './goals.ts'
import { type Results, readResults, type ScenarioResult } from './results.ts'
import { FIGURES } from './scenario.ts'
import { type ScenarioName, scenarios } from './scenarios/index.ts'
import { type Row, rowsOf, table } from './table.ts'

const RESULTS = new URL('../../results.json', import.meta.url)
const FINDINGS = new URL('../../findings.md', import.meta.url)
const DOCS = new URL('../../../../docs/', import.meta.url)

/** Writes `docs/benchmarks.md` and its charts from the figures in `results.json`. */
export function writeDocument(): string {
  mkdirSync(new URL('benchmarks/', DOCS), { recursive: true })
  for (const [path, text] of documents()) writeFileSync(new URL(path, DOCS), text)
  return 'docs/benchmarks.md is written.'
}

/** The page and its charts, by their paths in `docs`. */
export function documents(): ReadonlyMap<string, string> {
  const results = readResults(RESULTS)
  const files = new Map<string, string>()
  const sections = measuredIn(results).map(([name, result]) => {
    const { title, about, main } = scenarios[name]
    const heading = `${title}: ${FIGURES[main].title}`
    const bars = rowsOf(name, result).flatMap((row) => barOf(row, main))
    files.set(`benchmarks/${name}.svg`, barChart(heading, bars))
    return [
      `## ${title}`,
      about,
      `![${heading}](benchmarks/${name}.svg)`,
      tableOnly(name, result),
      notesOn(result),
    ].join('\n\n')
  })
  const findings = readFileSync(FINDINGS, 'utf8').trim()
  const page = [
    INTRODUCTION,
    goalsTable(outcomes(results)),
    findings,
    ...sections,
    versions(results),
    ...missing(results),
  ]
  files.set('benchmarks.md', `${page.join('\n\n')}\n`)
  return files
}

const INTRODUCTION = `# Benchmarks

<!-- generated from tools/bench/results.json and tools/bench/findings.md by \`npm run bench -- document\` -->

Sluice beside hand-written servers and beside its peers, in one run that anybody can repeat:

\`\`\`
npm run bench -- servers --out results.json    # the figures, in tools/bench
npm run bench -- servers --scenario soak --out results.json
npm run bench -- document                                  # this page
\`\`\`

Each server is a separate process. All get the same tokens from the same source, which costs almost
nothing, and are measured in turns, round by round: each turn is a new process. If its
speed is measured, it does the same once or more before, uncounted, to warm up the compilers. **Figures are
medians, with half of the range of the main one; ratios are medians of the ratios of each round.** CPU is user and
system time of the server's process alone. Each token carries its number and its time: an event that is missing, comes
twice or out of order fails the round. The delay of a token is the time from its production to the return of the
client's read.

The load generator reads raw sockets and looks for tokens in the bytes, one table lookup for each; over WebSocket it
speaks Sluice's protocol with the flow window of \`@sluice/core\`. A note says if it was the bottleneck.

Sluice has everything on: schema validation, owners, ids, the log, limits, metrics, heartbeats, the stall timeout. The
bare servers and the peers have their own features: only \`resumable-stream\` keeps sent events, and only in
the process that made them.`

function measuredIn(results: Results): [ScenarioName, ScenarioResult][] {
  return (Object.keys(scenarios) as ScenarioName[]).flatMap((name) => {
    const result = results[name]
    return result === undefined ? [] : [[name, result] as [ScenarioName, ScenarioResult]]
  })
}

function missing(results: Results): string[] {
  const names = (Object.keys(scenarios) as ScenarioName[]).filter((name) => results[name] === undefined)
  if (names.length === 0) return []
  const list = names.map((name) => `- ${scenarios[name].title}. ${scenarios[name].about}`)
  return ['## Not measured yet', list.join('\n')]
}

function barOf({ title, medians }: Row, main: keyof typeof FIGURES) {
  const value = medians.get(main)
  if (value === undefined || Number.isNaN(value)) return []
  return [
    {
      label: title.replaceAll('`', ''),
      value,
      text: value.toFixed(FIGURES[main].digits),
      isOurs: title.startsWith('Sluice'),
    },
  ]
}

/** The table without the sentence above it, which is the section's. */
function tableOnly(name: ScenarioName, result: ScenarioResult): string {
  return table(name, result).split('\n').slice(2).join('\n')
}

function notesOn({ machine, loadAfter }: ScenarioResult): string {
  return `${machine}; load in the end ${loadAfter.toFixed(1)}.`
}

function goalsTable(all: readonly Outcome[]): string {
  return [
    '## Goals',
    'A later change is judged by these goals. `×` is a ratio to the server that is named.',
    [
      '| scenario | figure | server | beside | at most | is | |',
      '|---|---|---|---|---:|---:|---|',
      ...all.map(({ scenario, figure, of, to, most, orMoreBy, is, isReached }) =>
        row([
          scenarios[scenario].title,
          FIGURES[figure].title,
          contestants[of].title,
          to === undefined ? '' : contestants[to].title,
          to === undefined
            ? `${most}`
            : `${most} ×${orMoreBy === undefined ? '' : `, or ${orMoreBy} ms more`}`,
          to === undefined ? is.toFixed(FIGURES[figure].digits) : `${is.toFixed(2)} ×`,
          isReached ? 'reached' : 'missed',
        ]),
      ),
    ].join('\n'),
  ].join('\n\n')
}

function versions(results: Results): string {
  const all = Object.assign({}, ...measuredIn(results).map(([, result]) => result.versions)) as Record<
    string,
    string
  >
  const list = Object.entries(all).sort(([one], [other]) => (one < other ? -1 : 1))
  return ['## Versions', list.map(([name, version]) => `\`${name}\` ${version}`).join(', ')].join('\n\n')
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
