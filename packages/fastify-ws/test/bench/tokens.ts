/** What both servers of the benchmark are given to say, and how fast. */
export type Load = 'burst' | 'paced'

const BURST_TOKENS = 5_000
const PACED_TOKENS = 250
const PACE_MS = 20

let waiting: (() => void)[] = []
let isTicking = false

/** One tick for all streams: a timer for each would be measured too. */
function tick(): Promise<void> {
  if (!isTicking) setInterval(letGo, PACE_MS).unref()
  isTicking = true
  return new Promise((resolve) => waiting.push(resolve))
}

function letGo(): void {
  const due = waiting
  waiting = []
  for (const go of due) go()
}

export async function* tokens(load: Load): AsyncGenerator<string> {
  if (load === 'burst') for (let at = 0; at < BURST_TOKENS; at++) yield ' token'
  else
    for (let at = 0; at < PACED_TOKENS; at++) {
      await tick()
      yield ' token'
    }
}

export const tokenCount = (load: Load) => (load === 'burst' ? BURST_TOKENS : PACED_TOKENS)
