import { randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { query } from './query.ts'

/** Links by which others may read a conversation, and who has come by them. */
export class Shares {
  readonly #statements: ReturnType<typeof prepare>

  constructor(database: DatabaseSync) {
    this.#statements = prepare(database)
  }

  /** The token of a conversation's link, if it has one. */
  token(conversationId: string): string | undefined {
    return this.#statements.token.get(conversationId)?.token
  }

  /** Makes the link. One that exists stays. */
  share(conversationId: string): { readonly token: string; readonly isNew: boolean } {
    const { changes } = this.#statements.share.run(conversationId, randomBytes(16).toString('base64url'))
    return { token: this.token(conversationId)!, isNew: changes > 0 }
  }

  /**
   * Withdraws the link, for those too who have come by it.
   * @returns the guests that were.
   */
  revoke(conversationId: string): readonly string[] {
    const guests = this.#statements.guests.all(conversationId)
    this.#statements.revoke.run(conversationId)
    return guests.map(({ visitor }) => visitor)
  }

  /** Somebody comes with a token. Returns the conversation that it opens, if it opens one. */
  enter(token: string, visitor: string): string | undefined {
    const row = this.#statements.conversation.get(token)
    if (row !== undefined) this.#statements.enter.run(row.id, visitor)
    return row?.id
  }

  isGuest(conversationId: string, visitor: string): boolean {
    return this.#statements.isGuest.get(conversationId, visitor) !== undefined
  }
}

function prepare(database: DatabaseSync) {
  return {
    token: query<{ token: string }>(database, 'SELECT token FROM shares WHERE conversation_id = ?'),
    share: database.prepare(
      'INSERT INTO shares (conversation_id, token) VALUES (?, ?) ON CONFLICT DO NOTHING',
    ),
    guests: query<{ visitor: string }>(database, 'SELECT visitor FROM guests WHERE conversation_id = ?'),
    revoke: database.prepare('DELETE FROM shares WHERE conversation_id = ?'),
    conversation: query<{ id: string }>(database, 'SELECT conversation_id AS id FROM shares WHERE token = ?'),
    enter: database.prepare(
      'INSERT INTO guests (conversation_id, visitor) VALUES (?, ?) ON CONFLICT DO NOTHING',
    ),
    isGuest: query(database, 'SELECT 1 FROM guests WHERE conversation_id = ? AND visitor = ?'),
  }
}
