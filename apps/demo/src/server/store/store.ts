import { Answers } from './answers.ts'
import { Conversations } from './conversations.ts'
import { openDatabase } from './database.ts'
import { LabSettingsStore } from './lab-settings.ts'
import { Shares } from './shares.ts'
import { Spending } from './spending.ts'

/** The demo's data beside the streams. */
export interface Store {
  readonly conversations: Conversations
  readonly answers: Answers
  readonly shares: Shares
  readonly lab: LabSettingsStore
  readonly spending: Spending
  close(): void
}

/**
 * Opens it.
 * @param folder The folder of the database; `undefined`: in memory.
 */
export function openStore(folder: string | undefined): Store {
  const database = openDatabase(folder)
  const conversations = new Conversations(database)
  return {
    conversations,
    answers: new Answers(database, conversations),
    shares: new Shares(database),
    spending: new Spending(database),
    lab: new LabSettingsStore(database, { isShared: folder !== undefined }),
    close: () => database.close(),
  }
}
