import { table } from './markdown.ts'
import { read } from './workspace.ts'

/** A figure of `npm run bench -- markdown --out …`. */
interface Figure {
  readonly document: string
  readonly step: string
  readonly subject: string
  readonly smallMs: number
  readonly largeMs: number
  readonly heapMb: number
  readonly isEstimate: boolean
}

/** The costs of a growing Markdown text, from a file of figures: each document beside the fastest peer, then all peers. */
export function markdownCosts(path: string): string {
  const figures = JSON.parse(read(path)) as Figure[]
  const find = (document: string, step: string, subject: string): Figure =>
    figures.find((one) => one.document === document && one.step === step && one.subject === subject)!
  const documents = [...new Set(figures.map(({ document }) => document))]
  const subjects = [...new Set(figures.map(({ subject }) => subject))]
  const [own, fastest] = subjects as [string, string]
  const growth = ({ smallMs, largeMs }: Figure): string => `${(largeMs / smallMs).toFixed(1)}×`
  const rows = documents.map((document) => {
    const cells = ['token', 'frame'].flatMap((step) => {
      const figure = find(document, step, own)
      const times = figure.largeMs / find(document, step, fastest).largeMs
      return [timeOf(figure), growth(figure), `${times.toFixed(1)}×`]
    })
    return [document, ...cells]
  })
  const head = [
    '100 KB',
    'per token',
    'growth',
    `beside ${fastest}`,
    'per frame',
    'growth',
    `beside ${fastest}`,
  ]
  const peers = subjects.map((subject) => {
    const [token, frame] = [find('mixed', 'token', subject), find('mixed', 'frame', subject)]
    return [subject, timeOf(token), timeOf(frame), `${frame.heapMb}`]
  })
  return `${table(head, rows)}\n\n${table(['mixed, 100 KB', 'per token', 'per frame', 'heap, MB'], peers)}`
}

function timeOf({ largeMs, isEstimate }: Figure): string {
  const text = largeMs < 10_000 ? `${largeMs.toFixed(0)} ms` : `${(largeMs / 1000).toFixed(0)} s`
  return isEstimate ? `~${text}` : text
}
