import type { StreamState } from '@sluice/client'
import { useEffect, useRef, useSyncExternalStore } from 'react'
import type { StreamRecord } from '../observation/stream-record.ts'
import { observation } from '../state/clients.ts'
import { type LiveAnswer, liveAnswers, liveIn } from '../state/live-answers.ts'
import { useExternal } from '../state/preference.ts'

/** The subject of the laboratory: the answer that runs in this conversation, or the last one that did. */
export interface Subject {
  readonly live: LiveAnswer | undefined
  readonly record: StreamRecord | undefined
  readonly state: StreamState
}

/** How the page sees the stream that a person looks at. Renders once per frame while there is something new. */
export function useSubject(conversationId: string | null): Subject {
  const live = liveIn(conversationId ?? '', useExternal(liveAnswers)).at(-1)
  const latest = useRef<LiveAnswer | undefined>(undefined)
  useEffect(() => {
    if (live !== undefined) latest.current = live
  }, [live])
  const followed = live ?? (latest.current?.conversationId === conversationId ? latest.current : undefined)
  const record =
    observation.find(followed?.snapshot.streamId ?? null) ??
    observation.find(followed?.session?.idempotencyKey ?? null)
  useSyncExternalStore(observation.subscribe, () => record?.marks.length)
  const end = record?.marks.findLast(({ kind }) => kind === 'end')
  const ended = end?.kind === 'end' ? end.how : undefined
  return { live, record, state: live?.snapshot.state ?? ended ?? 'idle' }
}
