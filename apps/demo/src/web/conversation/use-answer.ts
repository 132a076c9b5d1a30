import { useStream } from '@sluice/client/react'
import { useEffect, useMemo, useState } from 'react'
import { useChatClient } from '../state/clients.ts'
import { type AskedAnswer, hasEnded } from '../state/conversations.ts'
import { forgetText, keepText, keptText } from '../state/kept-texts.ts'
import { publish, withdraw } from '../state/live-answers.ts'
import { unfinishedStops } from '../state/unfinished-stops.ts'
import { type Face, liveFace, storedFace } from './face.ts'
import type { ShownAnswer } from './shown-answers.ts'

/** The answers that this page has started: a component that comes back must not start them again. */
const started = new Set<string>()

/** An answer on the page, followed while it runs. */
export interface FollowedAnswer {
  readonly face: Face
  /** Nobody knows of this answer: the page was left before it was asked for. */
  readonly isMissing: boolean
  /** The same start again: only for one that the server has not taken. */
  readonly retry: () => void
  /** Asks for an answer that is missing. */
  readonly start: () => void
}

/** Follows an answer: starts it if it was only asked for, takes it up if it runs, or shows what is stored. */
export function useAnswer(
  conversationId: string,
  turnId: string,
  { id, stored, asked, seen }: ShownAnswer,
): FollowedAnswer {
  const [isUnnamed, setIsUnnamed] = useState(false)
  const stream = useStream(useChatClient(), 'chat', {
    // The conversation may know the stream's id before its start has been answered: that is no other stream.
    streamId: stored?.state === 'running' && !isUnnamed ? stored.streamId : undefined,
    resume: `answer-${id}`,
    onEnd(snapshot) {
      unfinishedStops.remove(id)
      if (snapshot.error === null) forgetText(id)
      hasEnded(conversationId, id, snapshot)
    },
  })
  const { snapshot, session, isRunning, stop } = stream
  const start = (options: Pick<AskedAnswer, 'replaces' | 'model'> = {}) => {
    started.add(id)
    setIsUnnamed(true)
    stream.start({ conversationId, turnId, answerId: id, ...options })
  }

  useEffect(() => {
    if (asked === null || stored !== null || started.has(id)) return
    const { replaces, model } = asked
    start({ ...(replaces === undefined ? {} : { replaces }), ...(model === undefined ? {} : { model }) })
  })

  useEffect(() => {
    if (snapshot.streamId !== null || snapshot.ended) setIsUnnamed(false)
  }, [snapshot])

  useEffect(() => {
    if (isRunning) publish({ conversationId, answerId: id, snapshot, session, stop: () => stopFor(id, stop) })
    else withdraw(id)
  }, [conversationId, id, isRunning, session, snapshot, stop])

  useEffect(() => () => withdraw(id), [id])

  // A Stop that a reload has cut off.
  useEffect(() => {
    if (isRunning && unfinishedStops.has(id)) void stop().catch(() => {})
  }, [id, isRunning, stop])

  // A page that comes back shows this text first.
  useEffect(() => {
    if (isRunning) keepText(id, snapshot)
  }, [id, isRunning, snapshot])

  const face = useMemo(() => {
    if (stored !== null && stored.state !== 'running') return storedFace(stored, seen)
    const live = liveFace(snapshot)
    const kept = keptText(id)
    // The stream comes from its beginning, and may need a moment to reach the text that the page had.
    return kept?.text.startsWith(live.text) ? { ...live, ...kept } : live
  }, [id, seen, snapshot, stored])

  const isMissing = stored === null && asked === null && session === undefined
  return { face, isMissing, retry: stream.retry, start: () => start() }
}

async function stopFor(id: string, stop: () => Promise<void>): Promise<void> {
  unfinishedStops.add(id)
  try {
    await stop()
  } finally {
    unfinishedStops.remove(id)
  }
}
