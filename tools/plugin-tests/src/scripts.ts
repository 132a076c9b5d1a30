import type { Part, StreamEvent } from '@sluice/core'
import type { RunContext } from '@sluice/core/server'

/** The parts that the streams of a test say. */
export type Script = (context: RunContext<{ readonly prompt: string }>) => AsyncIterable<Part>

/** Says a few words and ends. */
export const threeWords: Script = async function* () {
  yield 'one '
  yield 'two '
  yield 'three'
}

/** About a kilobyte. */
export const WORDS = 'a good many words that fill the log and the socket '.repeat(20)

/** Says {@link WORDS} until it is stopped, and counts. */
export function endless(): { readonly run: Script; readonly count: () => number } {
  let count = 0
  return {
    count: () => count,
    run: async function* ({ signal }) {
      while (!signal.aborted) {
        count += 1
        yield WORDS
      }
    },
  }
}

/** The answer's text. */
export function textOf(events: readonly StreamEvent[]): string {
  return events.map((event) => (event.type === 'content_chunk' ? event.content : '')).join('')
}
