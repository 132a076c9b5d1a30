import type { StreamShapes } from '@sluice/core'
import { eachFrame } from '../animation-frame.ts'
import type { StreamClient } from '../client.ts'
import { Conversation } from '../conversation/conversation.ts'
import type { ConversationSnapshot } from '../conversation/conversation-snapshot.ts'
import type { DataOf } from '../conversation/message.ts'
import type { ConversationOptions } from '../conversation/options.ts'

/** A conversation as a Svelte store: `$chat.messages`, `$chat.status`, `$chat.error`. */
export interface ConversationStore<S extends StreamShapes, N extends keyof S & string>
  extends Pick<
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
  /** Calls `run` at once, and at most once per frame after that (Svelte's store contract). */
  subscribe(run: (snapshot: ConversationSnapshot<DataOf<S[N]>>) => void): () => void
  /** The conversation itself. */
  readonly conversation: Conversation<S, N>
}

/**
 * A conversation as a store for Svelte 3 to 5. It is open while it has a subscriber: the last one that leaves detaches,
 * and the generation goes on. On a server it gives the messages that are given, and connects to nothing.
 *
 * @example
 * const chat = conversationStore(client, 'chat', { id })
 * // {#each $chat.messages as message (message.id)} … {/each}
 */
export function conversationStore<S extends StreamShapes, N extends keyof S & string>(
  client: StreamClient<S>,
  name: N,
  options: ConversationOptions<S[N]>,
): ConversationStore<S, N> {
  const conversation = new Conversation(client, name, options)
  const { send, stop, retry, edit, branches, showBranch, addToolResult, dismissError, refresh } = conversation
  return {
    subscribe(run) {
      run(conversation.snapshot)
      if (globalThis.window === undefined) return () => {}
      const stopFrames = eachFrame(conversation, () => run(conversation.snapshot))
      const detach = conversation.open()
      return () => {
        stopFrames()
        detach()
      }
    },
    conversation,
    ...{ send, stop, retry, edit, branches, showBranch, addToolResult, dismissError, refresh },
  }
}
