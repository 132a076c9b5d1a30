import type { Answer } from '../../shared/api.ts'
import type { ChatMessage } from '../state/chat-messages.ts'

/** An answer in its place: one of a lane, of which one is shown. */
export interface ShownAnswer {
  readonly message: ChatMessage
  /** The answer as the server has it, if it does. */
  readonly stored: Answer | undefined
  readonly lane: 0 | 1
  /** The answers that were given in this place, itself among them, the oldest first. */
  readonly branches: readonly ChatMessage[]
  /** The conversation goes on with it. */
  readonly isChosen: boolean
}

/** A question, with the answers that are side by side below it: none, one, or one of each lane. */
export interface ShownTurn {
  readonly question: ChatMessage
  readonly branches: readonly ChatMessage[]
  readonly answers: readonly ShownAnswer[]
}

/** The questions and answers along the branches that are shown. */
export function turnsOf(
  messages: readonly ChatMessage[],
  branchesAt: (id: string) => readonly ChatMessage[],
  stored: ReadonlyMap<string, Answer>,
): ShownTurn[] {
  return messages.flatMap((question, index) => {
    if (question.role !== 'user') return []
    const next = messages[index + 1]
    const answers = next?.role === 'assistant' ? shownAt(next, branchesAt(next.id), stored) : []
    return [{ question, branches: branchesAt(question.id), answers }]
  })
}

function shownAt(
  chosen: ChatMessage,
  siblings: readonly ChatMessage[],
  stored: ReadonlyMap<string, Answer>,
): ShownAnswer[] {
  return ([0, 1] as const).flatMap((lane) => {
    const branches = siblings.filter(({ id }) => (stored.get(id)?.lane ?? 0) === lane)
    const message = branches.includes(chosen) ? chosen : branches.at(-1)
    if (message === undefined) return []
    return [{ message, stored: stored.get(message.id), lane, branches, isChosen: message === chosen }]
  })
}
