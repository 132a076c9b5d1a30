import type { StreamingError } from '@sluice/core'
import type { Message, MessageStatus } from './message.ts'

/**
 * The status of a conversation: that of the message that is being answered; `loading` before its messages are
 * there; `failed` if the last answer has failed; else `ready`.
 */
export type ConversationStatus = 'loading' | 'ready' | 'failed' | Exclude<MessageStatus, 'done' | 'stopped'>

/** All that is known of a conversation, at one moment. Immutable; the same object until something changes. */
export interface ConversationSnapshot<D> {
  /** Along the branches that are shown, and then those that are queued. A message that did not change is the same object. */
  readonly messages: readonly Message<D>[]
  readonly status: ConversationStatus
  /** Why the last answer, or the loading of the messages, has failed. */
  readonly error: StreamingError | null
}

/** What a {@link ConversationSnapshot} is made of. */
export interface SnapshotSources<D> {
  /** The messages along the branches that are shown. */
  readonly path: readonly Message<D>[]
  readonly queued: readonly Message<D>[]
  readonly isLoading: boolean
  readonly loadError: StreamingError | null
  /** The status of what is on its way, if something is. */
  readonly running: MessageStatus | undefined
}

export function snapshotOf<D>({
  path,
  queued,
  isLoading,
  loadError,
  running,
}: SnapshotSources<D>): ConversationSnapshot<D> {
  // A retry that waits for its turn has no message of its own.
  const waiting = queued.filter(({ parts }) => parts.length > 0)
  const last = path.at(-1)
  const error = loadError ?? (last?.status === 'failed' ? last.error : null)
  const status = isLoading
    ? 'loading'
    : running && running !== 'done' && running !== 'stopped'
      ? running
      : error
        ? 'failed'
        : 'ready'
  return { messages: waiting.length > 0 ? [...path, ...waiting] : path, status, error }
}
