import type { Snapshot } from '@sluice/client'
import type { Answer, Facts, Turn } from './conversation.ts'

/** How the connection is, for people: a word for the style sheet, and some for the reader. */
export interface Status {
  readonly kind:
    | 'idle'
    | 'connecting'
    | 'streaming'
    | 'reconnecting'
    | 'stopping'
    | 'completed'
    | 'stopped'
    | 'failed'
  readonly words: string
}

/** The status of a conversation whose last answer is, or is not, being followed. */
export function statusOf(turns: readonly Turn[], live: Snapshot | null): Status {
  const answer = turns.at(-1)?.answer
  if (answer === undefined) return { kind: 'idle', words: 'Ready' }
  return live === null ? statusOfEnded(answer) : statusOfLive(live)
}

function statusOfLive(live: Snapshot): Status {
  const { state, waiting, cancelling, lastChunkId } = live
  if (cancelling) return { kind: 'stopping', words: 'Stopping …' }
  if (waiting?.for === 'online')
    return { kind: 'reconnecting', words: 'You are offline. It goes on when the network is back.' }
  if (waiting?.for === 'retry') return { kind: 'reconnecting', words: 'Connection lost. Trying again …' }
  if (state === 'streaming' || state === 'paused') {
    return lastChunkId <= 1
      ? { kind: 'connecting', words: 'Thinking …' }
      : { kind: 'streaming', words: 'Answering …' }
  }
  return lastChunkId > 0
    ? { kind: 'reconnecting', words: 'Reconnecting …' }
    : { kind: 'connecting', words: 'Connecting …' }
}

function statusOfEnded(answer: Answer): Status {
  switch (answer.outcome) {
    case 'completed':
      return { kind: 'completed', words: 'Complete' }
    case 'stopped':
      return { kind: 'stopped', words: 'Stopped' }
    case 'failed':
      return { kind: 'failed', words: answer.failure.title }
    case 'running':
      return { kind: 'connecting', words: 'Connecting …' }
  }
}

/** What is worth knowing of a complete answer, in a line. */
export function factWords(facts: Facts): string {
  const { finishReason, outputTokens, firstWordMs, durationMs, reconnects } = facts
  return [
    finishReason === 'length' && 'cut at the model’s limit',
    outputTokens !== null && `${outputTokens.toLocaleString('en')} tokens`,
    durationMs !== null && `${(durationMs / 1000).toFixed(1)} s`,
    firstWordMs !== null && `first word after ${Math.round(firstWordMs)} ms`,
    reconnects > 0 && `reconnected ${reconnects === 1 ? 'once' : `${reconnects} times`}, nothing lost`,
  ]
    .filter((words) => words !== false)
    .join(' · ')
}
