import type { SessionStats } from '@sluice/client'
import type { StreamRecord } from '../observation/stream-record.ts'

/** How it goes at one moment. */
export interface Sample {
  /** Seconds since the epoch, as plots have them. */
  readonly time: number
  readonly tokensPerSecond: number
  readonly window: number | null
  readonly queue: number | null
  /** Of the chunks since the last sample, the longest; `null` if none came. */
  readonly addedMs: number | null
}

/** Over how long the rate is taken, in milliseconds. */
const RATE_MS = 1_000

/** Looks at a stream now. `since` is when it was looked at last (`performance.now()`). */
export function sample(record: StreamRecord, stats: SessionStats | undefined, since: number): Sample {
  const now = performance.now()
  let tokens = 0
  let addedMs: number | null = null
  for (const mark of record.marks) {
    if (mark.kind !== 'chunks') continue
    if (mark.at > now - RATE_MS) tokens += mark.tokens
    if (mark.at > since && mark.addedMs !== null) addedMs = Math.max(addedMs ?? 0, mark.addedMs)
  }
  return {
    time: Date.now() / 1000,
    tokensPerSecond: (tokens * 1000) / RATE_MS,
    window: stats?.window ?? null,
    queue: stats?.queued ?? null,
    addedMs,
  }
}

/** From the question to its first word as this page saw them, in milliseconds, for each answer that it asked for. */
export function firstWords(records: readonly StreamRecord[]): number[] {
  return records.flatMap(({ marks }) => {
    const [asked] = marks
    const first = marks.find(({ kind }) => kind === 'chunks')
    // One that was taken up in the middle began without this page.
    const isOwn = asked?.kind === 'ask' && !asked.isAttached
    return isOwn && first !== undefined ? [first.at - asked.at] : []
  })
}
