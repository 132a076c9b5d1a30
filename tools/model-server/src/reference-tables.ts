import { models } from './answers/models.ts'
import { requestHeaders } from './api/request-headers.ts'
import { dialects } from './dialects/dialects.ts'
import { faultParameters } from './faults/fault.ts'
import { faults } from './faults/faults.ts'

/** A table of the reference: what `--help` and the README show. */
export interface ReferenceTable {
  /** The title of the table. */
  readonly title: string
  /** The headers of its two columns. */
  readonly columns: readonly [string, string]
  /** A name and its meaning. */
  readonly rows: readonly (readonly [string, string])[]
}

/** The tables of the reference, made from what the server works with. */
export const referenceTables: readonly ReferenceTable[] = [
  {
    title: 'Models',
    columns: ['model', 'what it does'],
    rows: [
      ...models.map(({ id, effect }) => [id, effect] as const),
      [
        'sluice-long-<N>k',
        'answers with generated Markdown of exactly N thousand tokens; without `k`, of N tokens',
      ],
      ['sluice-dialect-<dialect>', 'answers in a dialect of OpenAI’s wire'],
      ['sluice-fault-<fault>', 'fails; `sluice-fault-429;times=2` takes the details of a fault too'],
    ],
  },
  { title: 'Headers of a request', columns: ['header', 'meaning'], rows: Object.entries(requestHeaders) },
  {
    title: 'Faults',
    columns: ['fault', 'what a client sees'],
    rows: Object.entries(faults).map(([name, { effect }]) => [name, effect] as const),
  },
  {
    title: 'Dialects',
    columns: ['dialect', 'what is odd about it'],
    rows: Object.entries(dialects).map(([name, { api, effect }]) => [name, `${api}: ${effect}`] as const),
  },
  { title: 'Details of a fault', columns: ['detail', 'meaning'], rows: Object.entries(faultParameters) },
]

/** A table as Markdown. */
export function markdownTable({ columns, rows }: ReferenceTable): string {
  const line = (cells: readonly [string, string]) => `| ${cells.join(' | ')} |`
  return [
    line(columns),
    line(['---', '---']),
    ...rows.map(([name, meaning]) => line([`\`${name}\``, meaning])),
  ].join('\n')
}

/** A table as text for a terminal. */
export function plainTable({ title, rows }: ReferenceTable): string {
  const width = Math.max(...rows.map(([name]) => name.length))
  const lines = rows.map(([name, meaning]) => `  ${name.padEnd(width)}  ${meaning.replaceAll('`', '')}`)
  return [`${title}:`, ...lines].join('\n')
}
