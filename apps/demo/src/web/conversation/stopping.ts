import { type LiveAnswer, liveAnswers, liveIn } from '../state/live-answers.ts'
import { useExternal } from '../state/preference.ts'
import { RequestError } from '../state/request.ts'
import { failureWords } from './failure-words.ts'

/** Stops the generation of each of them, at the provider too. */
export async function stopAll(answers: readonly LiveAnswer[]): Promise<void> {
  try {
    await Promise.all(answers.map(({ stop }) => stop()))
  } catch (cause) {
    const { title } = failureWords(cause as Parameters<typeof failureWords>[0], false)
    throw new RequestError(`${title}.`, null, { cause })
  }
}

/** Stop was pressed, and is not confirmed yet. */
export function useIsStopping(conversationId: string): boolean {
  return liveIn(conversationId, useExternal(liveAnswers)).some(({ snapshot }) => snapshot.cancelling)
}
