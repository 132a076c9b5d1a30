import { ask } from './conversations.ts'
import { createId } from './id.ts'
import { goTo } from './route.ts'

/** Makes a conversation of a first question, and goes there. */
export async function begin({
  question,
  answers,
}: {
  readonly question: string
  readonly answers: readonly { readonly model?: string }[]
}): Promise<void> {
  const id = createId()
  await ask(id, { question, afterTurnId: null }, answers)
  goTo(id)
}
