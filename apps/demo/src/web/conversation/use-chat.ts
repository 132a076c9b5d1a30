import { useConversation } from '@sluice/client/react'
import { useEffect, useMemo, useState } from 'react'
import { takeFirst, type Wish } from '../state/begin.ts'
import { useChatClient } from '../state/clients.ts'
import { entryOf } from '../state/conversations.ts'
import { type NextAnswer, startsOf, storeOf } from './chat-options.ts'
import { usePublished } from './use-published.ts'

/** A conversation of this page, with `@sluice/client`: its messages, and what can be done with them. */
export function useChat(id: string) {
  const next = useMemo<NextAnswer>(() => ({ model: undefined }), [])
  /** The questions that get a second answer, which has not been stored; the number rises with each try. */
  const [besides, setBesides] = useState<ReadonlyMap<string, number>>(new Map())
  const chat = useConversation(useChatClient(), 'chat', {
    id,
    ...startsOf(id, 0, next),
    ...storeOf(id, () => void chat.refresh()),
  })
  const { conversation, refresh } = chat
  usePublished(id, conversation)

  const ask = ({ question, model, isDouble }: Wish) => {
    next.model = model
    void conversation.send(question)
    if (isDouble) askBeside(conversation.messages.findLast(({ role }) => role === 'user')!.id)
  }
  const askBeside = (questionId: string) =>
    setBesides((before) => new Map(before).set(questionId, (before.get(questionId) ?? 0) + 1))
  const endBeside = async (questionId: string) => {
    await refresh()
    setBesides((before) => new Map([...before].filter(([each]) => each !== questionId)))
  }

  useEffect(() => {
    const wish = takeFirst(id)
    if (wish !== undefined) ask(wish)
  })

  // The server knows a stream of which this page does not know the place: a reload has cut its start off.
  const streamId = chat.conversation.session?.streamId ?? null
  useEffect(() => {
    const turns = entryOf(id).get().conversation?.turns ?? []
    const isKnown = turns.some(({ answers }) => answers.some((answer) => answer.streamId === streamId))
    if (streamId !== null && !isKnown) void refresh()
  }, [id, streamId, refresh])

  return { ...chat, next, besides, ask, askBeside, endBeside }
}

export type Chat = ReturnType<typeof useChat>
