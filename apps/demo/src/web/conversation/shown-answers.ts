import type { Snapshot } from '@sluice/client'
import type { Answer, Turn } from '../../shared/api.ts'
import type { AskedAnswer, Entry } from '../state/conversations.ts'

/** An answer that has a place on the page. */
export interface ShownAnswer {
  readonly id: string
  /** The answer as the server has it; `null` while only this page knows of it. */
  readonly stored: Answer | null
  /** The request of this page for it, if there is one. */
  readonly asked: AskedAnswer | null
  /** How this page saw it end, if it did. */
  readonly seen: Snapshot | undefined
}

/** The answers of a turn, in their order: those that the server has, and those that are only asked for. */
export function shownAnswers(turn: Turn, { asked, ended }: Entry): readonly ShownAnswer[] {
  const ofTurn = asked.filter(({ turnId }) => turnId === turn.id)
  const isReplaced = (id: string) => ofTurn.some(({ replaces }) => replaces === id)
  const stored = turn.answers.map((answer) => ({
    id: answer.id,
    stored: answer,
    asked: ofTurn.find(({ id }) => id === answer.id) ?? null,
    seen: seenEnd(answer, ended.get(answer.id)),
  }))
  const isStored = (id: string) => turn.answers.some((answer) => answer.id === id)
  const fresh = ofTurn
    .filter(({ id }) => !isStored(id))
    .map((answer) => ({ id: answer.id, stored: null, asked: answer, seen: ended.get(answer.id) }))
  const shown = [...stored, ...fresh].filter(({ id }) => !isReplaced(id))
  // The question is there, and the page was left before its answer was: the first goes by the turn's own id.
  return shown.length > 0 ? shown : [{ id: turn.id, stored: null, asked: null, seen: ended.get(turn.id) }]
}

/** An answer may run again, as another stream, after the one that this page saw end. */
function seenEnd({ state, streamId }: Answer, seen: Snapshot | undefined): Snapshot | undefined {
  return state === 'running' && seen?.streamId !== streamId ? undefined : seen
}

/** Whether an answer may still grow, as far as anybody knows. */
export function isOpen({ stored, asked, seen }: ShownAnswer): boolean {
  if (seen !== undefined) return false
  return stored === null ? asked !== null : stored.state === 'running'
}
