import type { DatabaseSync } from 'node:sqlite'
import { StreamingError } from '@sluice/core'
import type { ConversationSummary, NewTurn } from '../../shared/api.ts'
import { inTransaction } from './database.ts'
import { query } from './query.ts'

/** A turn, without its answers. */
export interface StoredTurn {
  readonly id: string
  readonly position: number
  readonly question: string
  /** The message before it: an answer, or a question that has none. */
  readonly parentId: string | null
  readonly createdAt: number
}

/** A conversation without its turns. */
export interface StoredConversation extends ConversationSummary {
  readonly owner: string
  readonly revision: number
}

/** The same as SQLite has it, which has no booleans. */
type ConversationRow = Omit<StoredConversation, 'isShared'> & { readonly isShared: 0 | 1 }

/** So much one visitor may keep, and one conversation hold. */
const MAX_CONVERSATIONS = 500
const MAX_TURNS = 500
const TITLE_LENGTH = 80

const SUMMARY = `
  SELECT id, owner, title, created_at AS createdAt, updated_at AS updatedAt, revision,
    (SELECT count(*) FROM answers WHERE conversation_id = conversations.id AND state = 'running') AS running,
    EXISTS (SELECT 1 FROM shares WHERE conversation_id = conversations.id) AS isShared
  FROM conversations`

/** The conversations and their questions. Access is checked before (`access.ts`), unless a method says otherwise. */
export class Conversations {
  readonly #database: DatabaseSync
  readonly #statements: ReturnType<typeof prepare>

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#statements = prepare(database)
  }

  /** Those of an owner, the latest first. */
  list(owner: string): StoredConversation[] {
    return this.#statements.list.all(owner).map(toConversation)
  }

  find(id: string): StoredConversation | undefined {
    const row = this.#statements.find.get(id)
    return row === undefined ? undefined : toConversation(row)
  }

  /** In their order. */
  turns(id: string): StoredTurn[] {
    return this.#statements.turns.all(id)
  }

  rename(id: string, title: string): void {
    this.#statements.rename.run(title, id)
    this.touch(id)
  }

  remove(id: string): void {
    this.#statements.remove.run(id)
  }

  /** Something in it has changed. */
  touch(id: string): void {
    this.#statements.touch.run(Date.now(), id)
  }

  /**
   * Puts a question into a conversation, and makes the conversation if it is the first. A repeat changes nothing.
   * @throws {StreamingError} `not_found` if the conversation is another owner's, or does not exist; `conflict` if the
   * message that it follows does not.
   */
  putTurn(owner: string, id: string, turnId: string, turn: NewTurn): void {
    inTransaction(this.#database, () => {
      const found = this.find(id)
      if (found === undefined) this.#create(owner, id, turn)
      else if (found.owner !== owner) throw noSuchConversation()

      const turns = this.turns(id)
      const existing = turns.find((other) => other.id === turnId)
      if (existing !== undefined) {
        if (existing.question === turn.question) return
        throw new StreamingError('conflict', 'This turn has another question.')
      }
      if (
        turn.parentId !== null &&
        this.#statements.message.get(id, turn.parentId, id, turn.parentId) === undefined
      ) {
        throw new StreamingError('conflict', 'The message that this question follows is not there any more.')
      }
      if (turns.length >= MAX_TURNS) {
        throw new StreamingError(
          'invalid_request',
          `A conversation has at most ${MAX_TURNS} questions: begin a new one.`,
        )
      }
      const position = (turns.at(-1)?.position ?? -1) + 1
      this.#statements.addTurn.run(id, turnId, position, turn.question, turn.parentId, Date.now())
      this.touch(id)
    })
  }

  #create(owner: string, id: string, turn: NewTurn): void {
    if (turn.parentId !== null) throw noSuchConversation()
    const { count } = this.#statements.count.get(owner)!
    if (count >= MAX_CONVERSATIONS) {
      throw new StreamingError(
        'invalid_request',
        `You have ${MAX_CONVERSATIONS} conversations, as many as one may have here: delete some.`,
      )
    }
    const now = Date.now()
    this.#statements.create.run(id, owner, titleOf(turn.question), now, now)
  }
}

/** The answer for one that does not exist and for one that is somebody else's: one and the same. */
export function noSuchConversation(): StreamingError {
  return new StreamingError('not_found', 'There is no such conversation, or it is not yours.')
}

function prepare(database: DatabaseSync) {
  return {
    list: query<ConversationRow>(database, `${SUMMARY} WHERE owner = ? ORDER BY updated_at DESC, id`),
    find: query<ConversationRow>(database, `${SUMMARY} WHERE id = ?`),
    count: query<{ count: number }>(database, 'SELECT count(*) AS count FROM conversations WHERE owner = ?'),
    create: database.prepare(
      'INSERT INTO conversations (id, owner, title, created_at, updated_at, revision) VALUES (?, ?, ?, ?, ?, 0)',
    ),
    rename: database.prepare('UPDATE conversations SET title = ? WHERE id = ?'),
    remove: database.prepare('DELETE FROM conversations WHERE id = ?'),
    touch: database.prepare('UPDATE conversations SET updated_at = ?, revision = revision + 1 WHERE id = ?'),
    turns: query<StoredTurn>(
      database,
      `SELECT id, position, question, parent_id AS parentId, created_at AS createdAt
       FROM turns WHERE conversation_id = ? ORDER BY position`,
    ),
    addTurn: database.prepare(
      `INSERT INTO turns (conversation_id, id, position, question, parent_id, created_at)
       VALUES (?, ?, ?, ?, ?, ?)`,
    ),
    message: query(
      database,
      `SELECT 1 FROM turns WHERE conversation_id = ? AND id = ?
       UNION ALL SELECT 1 FROM answers WHERE conversation_id = ? AND id = ?`,
    ),
  }
}

function toConversation(row: ConversationRow): StoredConversation {
  return { ...row, isShared: row.isShared === 1 }
}

function titleOf(question: string): string {
  const line = question.replaceAll(/\s+/g, ' ').trim()
  return line.length <= TITLE_LENGTH ? line : `${line.slice(0, TITLE_LENGTH - 1).trimEnd()}…`
}
