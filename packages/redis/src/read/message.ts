/** The message of an append on a stream's channel: `1 {first} {isEnd} {logFirst} {sentAt}`, then one event per line. */
export interface AppendMessage {
  /** The chunk_id of its first event. */
  readonly first: number
  readonly isEnd: boolean
  /** The lowest chunk_id that the log still has. */
  readonly logFirst: number
  /** When the producer sent it, in milliseconds since the epoch; 0 if it was not measured. */
  readonly sentAt: number
  readonly events: readonly string[]
}

/** Said on a stream's channel by its producer: how far are you? */
export const WHERE = '?'

/**
 * Reads what came on a stream's channel; `forgotten` if the stream was removed,
 * `where` if its producer waits for its viewers. `undefined`: it is of a version
 * that this one does not know, and a reader has to ask instead.
 */
export function parseMessage(message: string): AppendMessage | 'forgotten' | 'where' | undefined {
  if (message === WHERE) return 'where'
  if (message === '0') return 'forgotten'
  const [header, ...events] = message.split('\n')
  const [version, first, isEnd, logFirst, sentAt] = header!.split(' ').map(Number)
  if (version !== 1 || !first || events.length === 0) return undefined
  return { first, isEnd: isEnd === 1, logFirst: logFirst ?? 1, sentAt: sentAt ?? 0, events }
}
