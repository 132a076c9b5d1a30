import type { StreamShapes } from '@sluice/core'
import { type ComputedRef, computed, onMounted, onScopeDispose, type ShallowRef, shallowRef } from 'vue'
import { eachFrame } from '../animation-frame.ts'
import type { StreamClient } from '../client.ts'
import { Conversation } from '../conversation/conversation.ts'
import type { ConversationSnapshot, ConversationStatus } from '../conversation/conversation-snapshot.ts'
import type { DataOf, Message } from '../conversation/message.ts'
import type { ConversationOptions } from '../conversation/options.ts'

/** A conversation as a Vue component needs it. */
export interface UseConversationResult<S extends StreamShapes, N extends keyof S & string>
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
  readonly messages: ComputedRef<readonly Message<DataOf<S[N]>>[]>
  readonly status: ComputedRef<ConversationStatus>
  readonly error: ComputedRef<ConversationSnapshot<DataOf<S[N]>>['error']>
  /** All of it at one moment; another object once per frame at most. */
  readonly snapshot: Readonly<ShallowRef<ConversationSnapshot<DataOf<S[N]>>>>
  /** The conversation itself. */
  readonly conversation: Conversation<S, N>
}

/**
 * A conversation in a Vue component (Vue 3), updated at most once per frame. It is open from the mount until the
 * component's scope ends, which detaches: the generation goes on. On a server it renders the messages that are given.
 *
 * For another `id`, give the component a `:key`.
 *
 * @example
 * const { messages, send, status } = useConversation(client, 'chat', { id })
 */
export function useConversation<S extends StreamShapes, N extends keyof S & string>(
  client: StreamClient<S>,
  name: N,
  options: ConversationOptions<S[N]>,
): UseConversationResult<S, N> {
  const conversation = new Conversation(client, name, options)
  const snapshot = shallowRef(conversation.snapshot)
  let close = (): void => {}
  onMounted(() => {
    const stop = eachFrame(conversation, () => {
      snapshot.value = conversation.snapshot
    })
    const detach = conversation.open()
    close = () => {
      stop()
      detach()
    }
  })
  onScopeDispose(() => close())
  const { send, stop, retry, edit, branches, showBranch, addToolResult, dismissError, refresh } = conversation
  return {
    messages: computed(() => snapshot.value.messages),
    status: computed(() => snapshot.value.status),
    error: computed(() => snapshot.value.error),
    snapshot,
    conversation,
    ...{ send, stop, retry, edit, branches, showBranch, addToolResult, dismissError, refresh },
  }
}
