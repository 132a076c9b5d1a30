import type { Snapshot } from '@sluice/client'
import type { Conversation, ConversationSummary, NewTurn } from '../../shared/api.ts'
import { api } from './api.ts'
import { type External, external } from './external.ts'
import { createId } from './id.ts'
import { visitor } from './visitor.ts'

/** An answer that this page has asked for, and that the server's conversation may not have yet. */
export interface AskedAnswer {
  readonly id: string
  readonly turnId: string
  readonly replaces?: string
  readonly model?: string
}

/** One conversation as this page has it. */
export interface Entry {
  /** `null` until it has been read. */
  readonly conversation: Conversation | null
  /** Why it could not be read. */
  readonly failure: unknown
  readonly asked: readonly AskedAnswer[]
  /** The last snapshots of answers that have ended, by their id: this page has them before it asks the server again. */
  readonly ended: ReadonlyMap<string, Snapshot>
}

const EMPTY: Entry = { conversation: null, failure: null, asked: [], ended: new Map() }

/** The visitor's conversations, the latest first; `null` until they have been read. */
export const summaries = external<readonly ConversationSummary[] | null>(null)

const entries = new Map<string, External<Entry>>()

/** The state of a conversation on this page, to subscribe to. */
export function entryOf(id: string): External<Entry> {
  const known = entries.get(id) ?? external(EMPTY)
  entries.set(id, known)
  return known
}

function change(id: string, changes: Partial<Entry>): void {
  const entry = entryOf(id)
  entry.set({ ...entry.get(), ...changes })
}

function keep(conversation: Conversation): void {
  const { id, revision } = conversation
  const known = entryOf(id).get().conversation
  // Two requests may overtake one another.
  if (known === null || revision >= known.revision) change(id, { conversation, failure: null })
}

/** Reads what the visitor has. */
export async function refreshList(): Promise<void> {
  await visitor()
  summaries.set((await api.list()).conversations)
}

/** Reads a conversation, again if it is here already. An error is in the entry. */
export async function refresh(id: string): Promise<void> {
  try {
    await visitor()
    const conversation = await api.read(id, entryOf(id).get().conversation?.revision)
    if (conversation !== undefined) keep(conversation)
  } catch (failure) {
    change(id, { failure })
  }
}

/**
 * Stores a question, new or in place of an edited one, and asks for its answers: one, or several side by side. The question is on the
 * server first, so that nothing that comes after can lose it.
 */
export async function ask(
  id: string,
  turn: NewTurn,
  answers: readonly Pick<AskedAnswer, 'model'>[] = [{}],
): Promise<void> {
  await visitor()
  const turnId = createId()
  keep(await api.putTurn(id, turnId, turn))
  // The first answer goes by the turn's own id: so a page that is loaded again in between knows what it asked for.
  const asked = answers.map((answer, index) => ({ ...answer, id: index === 0 ? turnId : createId(), turnId }))
  change(id, { asked: [...entryOf(id).get().asked, ...asked] })
  void refreshList()
}

/** Asks for another answer, in the place of one, or beside those that there are. */
export function askAgain(id: string, turnId: string, options: Pick<AskedAnswer, 'replaces' | 'model'>): void {
  change(id, { asked: [...entryOf(id).get().asked, { ...options, id: createId(), turnId }] })
}

/** This page has seen an answer end. */
export function hasEnded(id: string, answerId: string, snapshot: Snapshot): void {
  change(id, { ended: new Map(entryOf(id).get().ended).set(answerId, snapshot) })
  void refresh(id)
  void refreshList()
}

/**
 * An answer has failed as this page saw it: what is to be done? It may have been asked for again, run on, or be whole
 * by now; only the server knows. `start` if the server has never had it, `attach` if it runs.
 */
export async function retry(
  id: string,
  turnId: string,
  answerId: string,
): Promise<'start' | 'attach' | 'none'> {
  const conversation = await api.read(id)
  if (conversation !== undefined) keep(conversation)
  const answers = conversation?.turns.find((turn) => turn.id === turnId)?.answers ?? []
  const stored = answers.find((answer) => answer.id === answerId)
  if (stored === undefined) return 'start'
  const ended = new Map(entryOf(id).get().ended)
  ended.delete(answerId)
  change(id, { ended })
  if (stored.state === 'running') return 'attach'
  if (stored.state === 'failed') askAgain(id, turnId, { replaces: answerId, model: stored.model })
  return 'none'
}

/** Which of several answers the conversation goes on with. */
export async function choose(id: string, turnId: string, chosenAnswerId: string): Promise<void> {
  keep(await api.choose(id, turnId, { chosenAnswerId }))
}

export async function rename(id: string, title: string): Promise<void> {
  keep(await api.rename(id, { title }))
  await refreshList()
}

/** Deletes it on the server; what runs in it is stopped. */
export async function remove(id: string): Promise<void> {
  await api.remove(id)
  entries.delete(id)
  await refreshList()
}

export async function share(id: string): Promise<void> {
  await api.share(id)
  await refresh(id)
}

export async function unshare(id: string): Promise<void> {
  await api.unshare(id)
  await refresh(id)
}

/** Enters by a link, and gives the conversation's id. */
export async function enter(token: string): Promise<string> {
  await visitor()
  const conversation = await api.enter({ token })
  keep(conversation)
  return conversation.id
}
