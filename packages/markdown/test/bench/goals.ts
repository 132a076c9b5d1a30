/** What one subject costs on one document, in one size of steps. */
export interface Figure {
  readonly document: string
  readonly step: string
  readonly subject: string
  /** The main thread's own time for 10 KB and 100 KB, in ms. */
  readonly smallMs: number
  readonly largeMs: number
  readonly heapMb: number
  readonly nodes: number
  /** Stopped before its end, and reckoned. */
  readonly isEstimate: boolean
}

type CostOf = (document: string, step: string, subject: string) => number

/** A bound for a proportion of two costs that were measured in one run. */
export interface Goal {
  readonly title: string
  readonly limit: number
  readonly atLeast: boolean
  measure(costOf: CostOf): number
}

const OWN = '@sluice/markdown'

/** A goal of at most this multiple of the cost of streaming-markdown. */
function beside(document: string, step: string, limit: number): Goal {
  return {
    title: `${document}, per ${step}: times streaming-markdown`,
    limit,
    atLeast: false,
    measure: (costOf) => costOf(document, step, OWN) / costOf(document, step, 'streaming-markdown'),
  }
}

function below(document: string, step: string): Goal {
  return {
    title: `${document}, per ${step}: streamdown, times ours`,
    limit: 40,
    atLeast: true,
    measure: (costOf) => costOf(document, step, 'streamdown') / costOf(document, step, OWN),
  }
}

/** What the figures are meant to be. */
export const goals: readonly Goal[] = [
  beside('mixed', 'frame', 2.5),
  beside('mixed', 'token', 3),
  beside('paragraph', 'frame', 3),
  beside('paragraph', 'token', 3),
  below('mixed', 'frame'),
  below('mixed', 'token'),
]
