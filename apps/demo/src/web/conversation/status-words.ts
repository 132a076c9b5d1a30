import type { Snapshot } from '@sluice/client'
import type { Entry } from '../state/conversations.ts'
import { failureWords } from './failure-words.ts'
import { shownAnswers } from './shown-answers.ts'

/** How it goes, for people: a word for the style sheet, and some for the reader. */
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

/** The status of an answer that is followed. */
export function statusOfLive({ state, waiting, cancelling, lastChunkId }: Snapshot): Status {
  if (cancelling) return { kind: 'stopping', words: 'Stopping …' }
  if (waiting?.for === 'online')
    return { kind: 'reconnecting', words: 'You are offline. It goes on when the network is back.' }
  if (waiting?.for === 'retry') {
    if (waiting.error.type === 'producer_lost')
      return { kind: 'reconnecting', words: 'Another server takes over …' }
    return lastChunkId === 0 && waiting.error.type !== 'connection_lost'
      ? { kind: 'reconnecting', words: `${failureWords(waiting.error).title}. Trying again …` }
      : { kind: 'reconnecting', words: 'Connection lost. Trying again …' }
  }
  if (state === 'streaming' || state === 'paused') {
    return lastChunkId <= 1
      ? { kind: 'connecting', words: 'Thinking …' }
      : { kind: 'streaming', words: 'Answering …' }
  }
  return lastChunkId > 0
    ? { kind: 'reconnecting', words: 'Reconnecting …' }
    : { kind: 'connecting', words: 'Connecting …' }
}

/** The status of a conversation in which nothing runs: how its last answer has ended. */
export function statusAtRest(entry: Entry): Status {
  const turn = entry.conversation?.turns.at(-1)
  const answer = turn && shownAnswers(turn, entry).at(-1)
  if (answer === undefined) return { kind: 'idle', words: 'Ready' }
  const { stored, seen } = answer
  if (stored !== null && stored.state !== 'running') {
    if (stored.error !== null)
      return { kind: 'failed', words: failureWords({ ...stored.error, retryAfterMs: undefined }).title }
    return stored.state === 'completed' ? COMPLETE : STOPPED
  }
  if (seen === undefined) return { kind: 'idle', words: 'Ready' }
  if (seen.error !== null) return { kind: 'failed', words: failureWords(seen.error).title }
  return seen.state === 'completed' ? COMPLETE : STOPPED
}

const COMPLETE: Status = { kind: 'completed', words: 'Complete' }
const STOPPED: Status = { kind: 'stopped', words: 'Stopped' }
