import type { Conversation } from '@sluice/client'
import { useEffect } from 'react'
import type { Streams } from '../../server/streams.ts'
import { keepText } from '../state/kept-texts.ts'
import { noteReconnects, publish, withdraw } from '../state/live-answers.ts'
import { unfinishedStops } from '../state/unfinished-stops.ts'

/** Tells the rest of the page of the answer that runs in a conversation, and keeps its text across a reload. */
export function usePublished(conversationId: string, chat: Conversation<Streams, 'chat'>): void {
  const { session, messages } = chat
  const { snapshot } = session ?? {}
  const answer = session && messages.findLast(({ role }) => role === 'assistant')
  const answerId = answer?.id

  useEffect(() => {
    if (session === undefined || snapshot === undefined || answerId === undefined) return
    publish({ conversationId, answerId, snapshot, session, stop: () => stopFor(answerId, chat.stop) })
    keepText(answerId, snapshot)
  }, [conversationId, answerId, session, snapshot, chat])

  useEffect(() => {
    if (session === undefined || answerId === undefined) return
    // To its end, which no render may have seen.
    return session.subscribe(() => noteReconnects(answerId, session.snapshot.reconnects))
  }, [answerId, session])

  useEffect(() => {
    if (answerId === undefined) return
    // A Stop that a reload has cut off.
    if (unfinishedStops.has(answerId)) void stopFor(answerId, chat.stop).catch(() => {})
    return () => withdraw(answerId)
  }, [answerId, chat])
}

async function stopFor(answerId: string, stop: () => Promise<void>): Promise<void> {
  unfinishedStops.add(answerId)
  try {
    await stop()
  } finally {
    unfinishedStops.remove(answerId)
  }
}
