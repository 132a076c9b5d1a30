import type { StreamShapes } from '@sluice/core'
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react'
import { eachFrame } from '../animation-frame.ts'
import type { StreamClient } from '../client.ts'
import { Conversation } from '../conversation/conversation.ts'
import type { ConversationSnapshot } from '../conversation/conversation-snapshot.ts'
import type { DataOf } from '../conversation/message.ts'
import type { ConversationOptions } from '../conversation/options.ts'

/** A conversation for a component: its messages, its status, and the functions that change it. */
export interface UseConversationResult<S extends StreamShapes, N extends keyof S & string>
  extends ConversationSnapshot<DataOf<S[N]>>,
    Pick<
      Conversation<S, N>,
      | 'send'
      | 'stop'
      | 'retry'
      | 'edit'
      | 'branches'
      | 'showBranch'
      | 'addToolResult'
      | 'dismissError'
      | 'refresh'
    > {
  /** The conversation itself. */
  readonly conversation: Conversation<S, N>
}

/**
 * A conversation, rendered at most once per frame. A message that did not change is the same object, so that a
 * memoized component of it is not rendered again.
 *
 * Unmounting detaches; the generation goes on, and the next mount with the same `id` finds it. Another `id` is another
 * conversation: no render shows anything of the one before. On a server it renders the messages that are given.
 *
 * @example
 * const { messages, send, status } = useConversation(client, 'chat', { id })
 */
export function useConversation<S extends StreamShapes, N extends keyof S & string>(
  client: StreamClient<S>,
  name: N,
  options: ConversationOptions<S[N]>,
): UseConversationResult<S, N> {
  const [held, hold] = useState(() => new Conversation(client, name, options))
  let conversation = held
  if (held.id !== options.id || held.name !== name) {
    conversation = new Conversation(client, name, options)
    hold(conversation)
  }
  useEffect(() => conversation.update(client, options))
  useEffect(() => conversation.open(), [conversation])
  const subscribe = useCallback((listener: () => void) => eachFrame(conversation, listener), [conversation])
  const look = () => conversation.snapshot
  const snapshot = useSyncExternalStore(subscribe, look, look)
  const { send, stop, retry, edit, branches, showBranch, addToolResult, dismissError, refresh } = conversation
  const acts = { send, stop, retry, edit, branches, showBranch, addToolResult, dismissError, refresh }
  return { ...snapshot, ...acts, conversation }
}
