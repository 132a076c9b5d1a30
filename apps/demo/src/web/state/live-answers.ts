import type { Snapshot, StreamSession } from '@sluice/client'
import { useSyncExternalStore } from 'react'
import { external } from './external.ts'

/** An answer that this page follows. */
export interface LiveAnswer {
  readonly conversationId: string
  readonly answerId: string
  readonly snapshot: Snapshot
  readonly session: Pick<StreamSession, 'stats' | 'idempotencyKey'>
  readonly stop: () => Promise<void>
}

/** The answers that are on the page and run, by their id: for what is shown of them elsewhere than in their place. */
export const liveAnswers = external<ReadonlyMap<string, LiveAnswer>>(new Map())

/** How often the connections of answers were taken up again, that were on the page. */
const reconnects = new Map<string, number>()

/** How often the answer's connection was taken up again while it was followed here. */
export function reconnectsOf(answerId: string): number {
  return reconnects.get(answerId) ?? 0
}

export function noteReconnects(answerId: string, count: number): void {
  reconnects.set(answerId, count)
}

export function publish(answer: LiveAnswer): void {
  liveAnswers.set(new Map(liveAnswers.get()).set(answer.answerId, answer))
}

export function withdraw(answerId: string): void {
  const rest = new Map(liveAnswers.get())
  if (rest.delete(answerId)) liveAnswers.set(rest)
}

/** The live answers of one conversation. */
export function liveIn(
  conversationId: string,
  all: ReadonlyMap<string, LiveAnswer> = liveAnswers.get(),
): LiveAnswer[] {
  return [...all.values()].filter((live) => live.conversationId === conversationId)
}

/** Whether this page follows an answer of this conversation; of any, without one. Renders only when that changes. */
export function useIsLive(conversationId?: string): boolean {
  return useSyncExternalStore(liveAnswers.subscribe, () =>
    conversationId === undefined ? liveAnswers.get().size > 0 : liveIn(conversationId).length > 0,
  )
}
