import type { DatabaseSync } from 'node:sqlite'
import { StreamingError } from '@sluice/core'
import type { StreamEnd } from '@sluice/core/server'
import type { Answer, AnswerError, StoredToolCall } from '../../shared/api.ts'
import { type Conversations, noSuchConversation } from './conversations.ts'
import { inTransaction } from './database.ts'
import { query } from './query.ts'

/** Which answer is to begin. */
export interface AnswerToBegin {
  readonly owner: string
  readonly conversationId: string
  readonly turnId: string
  readonly answerId: string
  readonly lane: Answer['lane']
  readonly model: string
  readonly streamId: string
  /** A server that ran this answer before has died: this stream takes the place of that one's. */
  readonly isRestart: boolean
}

/** The stored part of a stream's end. */
export type AnswerEnd = Pick<StreamEnd, 'streamId' | 'outcome' | 'text' | 'reasoning'> & {
  readonly toolCalls: readonly StoredToolCall[]
  readonly error: AnswerError | null
  readonly finishReason: string | null
  readonly outputTokens: number | null
  readonly ttftMs: number | null
  readonly durationMs: number | null
}

/** An answer, and its place. */
export interface StoredAnswer extends Omit<Answer, 'state'> {
  readonly state: Answer['state'] | 'lost'
  readonly turnId: string
  readonly position: number
}

/** The same in its table, with compound values as JSON. */
type AnswerRow = Omit<StoredAnswer, 'toolCalls' | 'error'> & {
  readonly toolCalls: string
  readonly error: string | null
}

/** An answer whose end has not been stored, and whose it is. */
export interface OpenAnswer {
  readonly conversationId: string
  readonly streamId: string
  readonly owner: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
}

const MAX_ANSWERS_PER_TURN = 32

const COLUMNS = `answers.id, turn_id AS turnId, position, lane, model, stream_id AS streamId, state, text, reasoning,
  tool_calls AS toolCalls, error, finish_reason AS finishReason, output_tokens AS outputTokens, ttft_ms AS ttftMs,
  duration_ms AS durationMs, answers.created_at AS createdAt, ended_at AS endedAt`

/** The answers of all conversations. While one runs, its stream has the text; when it ends, it is stored, once. */
export class Answers {
  readonly #database: DatabaseSync
  readonly #conversations: Conversations
  readonly #statements: ReturnType<typeof prepare>

  constructor(database: DatabaseSync, conversations: Conversations) {
    this.#database = database
    this.#conversations = conversations
    this.#statements = prepare(database)
  }

  /** Those of a conversation, in their order. */
  list(conversationId: string): StoredAnswer[] {
    return this.#statements.list.all(conversationId).map(toAnswer)
  }

  /** Those whose end is not known, of an owner. */
  open(owner: string): OpenAnswer[] {
    return this.#statements.open.all(owner)
  }

  /** Which conversation a stream answers in. */
  conversationOf(streamId: string): string | undefined {
    return this.#statements.conversationOf.get(streamId)?.id
  }

  /** The streams that run in a conversation. */
  running(conversationId: string): string[] {
    return this.#statements.running.all(conversationId).map(({ streamId }) => streamId)
  }

  /**
   * Enters an answer that begins now. A second attempt at the provider changes nothing.
   * @throws {StreamingError} `not_found` if there is no such question of this owner's; `conflict` if this
   * answer has begun before, under another stream.
   */
  begin(answer: AnswerToBegin): void {
    inTransaction(this.#database, () => {
      const { conversationId, turnId, answerId, lane, model, streamId } = answer
      if (this.#conversations.find(conversationId)?.owner !== answer.owner) throw noSuchConversation()
      if (!this.#conversations.turns(conversationId).some(({ id }) => id === turnId))
        throw noSuchConversation()

      const existing = this.list(conversationId).find(({ id }) => id === answerId)
      if (existing?.streamId === streamId) return
      if (existing !== undefined) {
        if (!answer.isRestart) throw new StreamingError('conflict', 'This answer was asked for before.')
        this.#statements.restart.run(streamId, conversationId, answerId)
        this.#conversations.touch(conversationId)
        return
      }
      const position = this.#placeFor(answer)
      this.#statements.add.run(conversationId, turnId, answerId, position, lane, model, streamId, Date.now())
      this.#conversations.touch(conversationId)
    })
  }

  /**
   * Stores how an answer ended. The first to say so is heard, and nobody after.
   * @returns whether this was the first.
   */
  end(end: AnswerEnd): boolean {
    const { outcome, error, streamId } = end
    const state = outcome === 'error' ? 'failed' : outcome
    const conversationId = this.conversationOf(streamId)
    // The conversation may have been deleted, or the question changed, in the meantime.
    if (conversationId === undefined) return false
    const { changes } = this.#statements.end.run(
      state,
      end.text,
      end.reasoning,
      JSON.stringify(end.toolCalls),
      error === null ? null : JSON.stringify(error),
      end.finishReason,
      end.outputTokens,
      end.ttftMs,
      end.durationMs,
      Date.now(),
      streamId,
    )
    if (changes === 0) return false
    this.#conversations.touch(conversationId)
    return true
  }

  /** Another server writes it anew, in a new stream; that one may not have come to say so itself. */
  movedTo(streamId: string, successor: string): void {
    const conversationId = this.conversationOf(streamId)
    const { changes } = this.#statements.move.run(successor, streamId)
    if (changes > 0 && conversationId !== undefined) this.#conversations.touch(conversationId)
  }

  /** The log does not know the stream, and nobody has said how it ended: its server is gone, as far as can be seen. */
  lost(streamId: string, error: AnswerError): void {
    const { changes } = this.#statements.lost.run(JSON.stringify(error), Date.now(), streamId)
    const conversationId = this.conversationOf(streamId)
    if (changes > 0 && conversationId !== undefined) this.#conversations.touch(conversationId)
  }

  #placeFor({ conversationId, turnId }: AnswerToBegin): number {
    const beside = this.list(conversationId).filter((other) => other.turnId === turnId)
    if (beside.length >= MAX_ANSWERS_PER_TURN) {
      throw new StreamingError(
        'invalid_request',
        `A question has at most ${MAX_ANSWERS_PER_TURN} answers: ask it again.`,
      )
    }
    return (beside.at(-1)?.position ?? -1) + 1
  }
}

function prepare(database: DatabaseSync) {
  return {
    list: query<AnswerRow>(
      database,
      `SELECT ${COLUMNS} FROM answers WHERE conversation_id = ? ORDER BY turn_id, position, created_at`,
    ),
    open: query<OpenAnswer>(
      database,
      `SELECT conversation_id AS conversationId, stream_id AS streamId, owner,
         answers.created_at AS startedAt FROM answers
         JOIN conversations ON conversations.id = conversation_id WHERE state = 'running' AND owner = ?`,
    ),
    conversationOf: query<{ id: string }>(
      database,
      'SELECT conversation_id AS id FROM answers WHERE stream_id = ?',
    ),
    running: query<{ streamId: string }>(
      database,
      `SELECT stream_id AS streamId FROM answers WHERE conversation_id = ? AND state = 'running'`,
    ),
    add: database.prepare(
      `INSERT INTO answers (conversation_id, turn_id, id, position, lane, model, stream_id, state, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, 'running', ?)`,
    ),
    restart: database.prepare(
      `UPDATE answers SET stream_id = ?, state = 'running', text = '', reasoning = '', tool_calls = '[]',
         error = NULL, ended_at = NULL WHERE conversation_id = ? AND id = ?`,
    ),
    end: database.prepare(
      `UPDATE answers SET state = ?, text = ?, reasoning = ?, tool_calls = ?, error = ?, finish_reason = ?,
         output_tokens = ?, ttft_ms = ?, duration_ms = ?, ended_at = ?
       WHERE stream_id = ? AND state IN ('running', 'lost')`,
    ),
    move: database.prepare(`UPDATE answers SET stream_id = ? WHERE stream_id = ? AND state = 'running'`),
    lost: database.prepare(
      `UPDATE answers SET state = 'lost', error = ?, ended_at = ? WHERE stream_id = ? AND state = 'running'`,
    ),
  }
}

function toAnswer({ toolCalls, error, ...row }: AnswerRow): StoredAnswer {
  return {
    ...row,
    toolCalls: JSON.parse(toolCalls) as StoredToolCall[],
    error: error === null ? null : (JSON.parse(error) as AnswerError),
  }
}
