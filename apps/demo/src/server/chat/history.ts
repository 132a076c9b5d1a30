import type { Answers, StoredAnswer } from '../store/answers.ts'
import type { Conversations } from '../store/conversations.ts'

/** A message of the conversation, as the model gets it. */
export interface Said {
  readonly role: 'user' | 'assistant'
  readonly content: string
}

/** How far back the model is told what was said. */
const MAX_TURNS = 50

/** The messages of a conversation up to a question, including it. */
export function historyTo(
  { conversations, answers }: { readonly conversations: Conversations; readonly answers: Answers },
  conversationId: string,
  turnId: string,
): Said[] {
  const turns = conversations.turns(conversationId)
  const all = answers.list(conversationId)
  const last = turns.findIndex(({ id }) => id === turnId)
  return turns
    .slice(Math.max(0, last + 1 - MAX_TURNS), last + 1)
    .flatMap(({ id, question, chosenAnswerId }) => {
      const text =
        id === turnId
          ? ''
          : chosen(
              all.filter((answer) => answer.turnId === id),
              chosenAnswerId,
            )
      const answer: Said[] = text === '' ? [] : [{ role: 'assistant', content: text }]
      return [{ role: 'user', content: question } satisfies Said, ...answer]
    })
}

/** The text of the answer that was chosen, or else of the last that has any. */
function chosen(answers: readonly StoredAnswer[], chosenAnswerId: string | null): string {
  const answer = answers.find(({ id, text }) => id === chosenAnswerId && text !== '')
  return (answer ?? answers.findLast(({ text }) => text !== ''))?.text ?? ''
}
