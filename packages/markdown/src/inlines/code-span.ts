/** Finds code spans (CommonMark 0.31.2 §6.1) in one text. */
export class CodeSpans {
  readonly #text: string
  /** Where the last run of a length is: a run behind it has no partner, and need not look for one. */
  #lastRuns: Map<number, number> | null = null

  constructor(text: string) {
    this.#text = text
  }

  /** The span that a run of backticks begins; without a partner, `content` is `null` and `end` is the run's. */
  scan(at: number): { content: string | null; end: number } {
    const text = this.#text
    let start = at
    while (text[start] === '`') start++
    const length = start - at
    this.#lastRuns ??= findLastRuns(text)
    if ((this.#lastRuns.get(length) ?? -1) > at) {
      const runs = /`+/g
      runs.lastIndex = start
      for (let run = runs.exec(text); run !== null; run = runs.exec(text)) {
        if (run[0].length !== length) continue
        return { content: trim(text.slice(start, run.index)), end: runs.lastIndex }
      }
    }
    return { content: null, end: start }
  }
}

function findLastRuns(text: string): Map<number, number> {
  const last = new Map<number, number>()
  for (const run of text.matchAll(/`+/g)) last.set(run[0].length, run.index)
  return last
}

function trim(content: string): string {
  const line = content.replace(/\n/g, ' ')
  const padded = line.length > 2 && line[0] === ' ' && line.at(-1) === ' ' && /[^ ]/.test(line)
  return padded ? line.slice(1, -1) : line
}
