import type { Answers } from '../store/answers.ts'
import type { Conversations } from '../store/conversations.ts'

/** A message of the conversation, as the model gets it. */
export interface Said {
  readonly role: 'user' | 'assistant'
  readonly content: string
}

/** How far back the model is told what was said. */
const MAX_TURNS = 50

/** The messages of a conversation up to a question, including it, along its branch. */
export function historyTo(
  { conversations, answers }: { readonly conversations: Conversations; readonly answers: Answers },
  conversationId: string,
  turnId: string,
): Said[] {
  const turns = new Map(conversations.turns(conversationId).map((turn) => [turn.id, turn]))
  const answered = new Map(answers.list(conversationId).map((answer) => [answer.id, answer]))
  const said: Said[] = []
  let at: string | null = turnId
  for (let count = 0; at !== null && count < MAX_TURNS; count += 1) {
    const answer = answered.get(at)
    const turn = turns.get(answer?.turnId ?? at)
    if (turn === undefined) break
    if (answer !== undefined && answer.text !== '') said.unshift({ role: 'assistant', content: answer.text })
    said.unshift({ role: 'user', content: turn.question })
    at = turn.parentId
  }
  return said
}
