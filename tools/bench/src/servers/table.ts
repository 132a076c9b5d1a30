import { median, ratio, spread } from '../stats.ts'
import { type ContestantName, contestants } from './contestants/index.ts'
import type { ScenarioResult } from './results.ts'
import { FIGURES, type FigureName, type Figures } from './scenario.ts'
import { type ScenarioName, scenarios } from './scenarios/index.ts'

/** Above this share of a core the load generator is what is measured. */
const LOAD_LIMIT = 0.9

/** One server's rounds. */
export interface Row {
  readonly title: string
  /** Of the scenario's main figure, round by round, to the first server of the table. */
  readonly ratio: number
  /** Of the main figure. */
  readonly spread: number
  readonly medians: ReadonlyMap<FigureName, number>
}

/** The rows of a scenario, the one that ratios are to first. */
export function rowsOf(name: ScenarioName, { rounds }: ScenarioResult): readonly Row[] {
  const { main } = scenarios[name]
  const all = Object.entries(rounds) as [ContestantName, readonly Figures[]][]
  const first = column(all[0]?.[1] ?? [], main)
  return all.map(([contestant, figures]) => ({
    title: contestants[contestant].title,
    ratio: ratio(column(figures, main), first),
    spread: spread(column(figures, main)),
    medians: new Map(
      (Object.keys(figures[0] ?? {}) as FigureName[]).map((figure) => [
        figure,
        median(column(figures, figure)),
      ]),
    ),
  }))
}

/** A scenario as a Markdown table: medians, and beside the main one how much rounds differ; `-`: it failed. */
export function table(name: ScenarioName, result: ScenarioResult): string {
  const { title, about, main } = scenarios[name]
  const rows = rowsOf(name, result)
  const columns = [...new Set(rows.flatMap(({ medians }) => [...medians.keys()]))]
  const cell = ({ medians, spread: by }: Row, figure: FigureName): string => {
    const value = medians.get(figure) ?? Number.NaN
    if (Number.isNaN(value)) return '-'
    const text = value.toFixed(FIGURES[figure].digits)
    return figure === main ? `${text} ± ${(100 * by).toFixed(0)} %` : text
  }
  return [
    `${title}. ${about}`,
    '',
    `| server | ratio | ${columns.map((figure) => FIGURES[figure].title).join(' | ')} |`,
    `|---|---:|${columns.map(() => '---:|').join('')}`,
    ...rows.map(
      (row) =>
        `| ${row.title} | ${Number.isNaN(row.ratio) ? '-' : row.ratio.toFixed(2)} | ${columns.map((figure) => cell(row, figure)).join(' | ')} |`,
    ),
    ...(rows.some(({ medians }) => (medians.get('loadBusy') ?? 0) > LOAD_LIMIT)
      ? ['', 'The load generator was as busy as it can be: the servers could do more.']
      : []),
  ].join('\n')
}

function column(rounds: readonly Figures[], figure: FigureName): number[] {
  return rounds.map((figures) => figures[figure] ?? Number.NaN)
}
