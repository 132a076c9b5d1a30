import type { Conversation, ConversationSummary, NewTurn } from '../../shared/api.ts'
import { api } from './api.ts'
import { type External, external } from './external.ts'
import { visitor } from './visitor.ts'

/** One conversation as this page has it. */
export interface Entry {
  /** `null` until it has been read. */
  readonly conversation: Conversation | null
  /** Why it could not be read. */
  readonly failure: unknown
}

const EMPTY: Entry = { conversation: null, failure: null }

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

/** Stores a question. A repeat changes nothing. */
export async function putQuestion(id: string, turnId: string, turn: NewTurn): Promise<void> {
  await visitor()
  keep(await api.putTurn(id, turnId, turn))
  void refreshList()
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
