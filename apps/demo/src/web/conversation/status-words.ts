import type { Snapshot } from '@sluice/client'
import { failureWords } from './failure-words.ts'
import type { Chat } from './use-chat.ts'

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
  /** For how long nothing has come, if that is worth saying. */
  readonly seconds?: number
}

/** A silence that one notices, in seconds. */
const SILENCE_S = 3

/** The status of an answer that is followed, and of which nothing has come for `silentS` seconds. */
export function statusOfLive(
  { state, waiting, cancelling, lastChunkId, text, reasoning }: Snapshot,
  silentS: number,
): Status {
  if (cancelling) return { kind: 'stopping', words: 'Stopping …' }
  if (waiting?.for === 'online')
    return { kind: 'reconnecting', words: 'You are offline. It goes on when the network is back.' }
  if (waiting?.for === 'retry') {
    if (waiting.error.type === 'producer_lost')
      return { kind: 'reconnecting', words: 'Another server takes over …' }
    return lastChunkId === 0 && waiting.error.type !== 'connection_lost'
      ? { kind: 'reconnecting', words: `${failureWords(waiting.error, false).title}. Trying again …` }
      : { kind: 'reconnecting', words: 'Connection lost. Trying again …' }
  }
  if (state === 'streaming' || state === 'paused') {
    if (silentS >= SILENCE_S) {
      return { kind: 'connecting', words: 'Still waiting for the model …', seconds: silentS }
    }
    if (reasoning !== '' && text === '') return { kind: 'streaming', words: 'Thinking …' }
    return lastChunkId <= 1
      ? { kind: 'connecting', words: 'Thinking …' }
      : { kind: 'streaming', words: 'Answering …' }
  }
  return lastChunkId > 0
    ? { kind: 'reconnecting', words: 'Reconnecting …' }
    : { kind: 'connecting', words: 'Connecting …' }
}

/** The status of a conversation in which no stream is followed: how its last answer has ended, or that it is asked for. */
export function statusAtRest({ messages, status }: Pick<Chat, 'messages' | 'status'>): Status {
  const last = messages.at(-1)
  if (status === 'sending') return { kind: 'connecting', words: 'Connecting …' }
  if (last?.error) return { kind: 'failed', words: failureWords(last.error, last.text !== '').title }
  if (last?.role !== 'assistant') return { kind: 'idle', words: 'Ready' }
  if (last.status === 'done') return COMPLETE
  return last.status === 'stopped' ? STOPPED : { kind: 'connecting', words: 'Connecting …' }
}

const COMPLETE: Status = { kind: 'completed', words: 'Complete' }
const STOPPED: Status = { kind: 'stopped', words: 'Stopped' }
