import { type Conversation as Chat, type StoredMessage, StreamingError } from '@sluice/client'
import type { Streams } from '../../server/streams.ts'
import type { Answer, AnswerError, Conversation, Turn } from '../../shared/api.ts'

/** A message of a conversation on this page. */
export type ChatMessage = Chat<Streams, 'chat'>['messages'][number]

type Stored = StoredMessage<Extract<ChatMessage['parts'][number], { type: 'data_chunk' }>>

const STATUSES = { running: 'answering', completed: 'done', cancelled: 'stopped', failed: 'failed' } as const

/** The server's conversation, as messages: the oldest first, so that the newest are shown. */
export function toMessages({ turns }: Conversation): Stored[] {
  return turns.flatMap((turn) => [
    questionOf(turn),
    ...shownAnswers(turn).map((each) => answerOf(turn, each)),
  ])
}

function questionOf({ id, parentId, question }: Turn): Stored {
  return { id, parentId, role: 'user', parts: [{ type: 'text', text: question }] }
}

/** Without those that came to nothing and were asked for again. The first lane comes last: it is the one that is shown. */
function shownAnswers({ answers }: Turn): Answer[] {
  const isVoid = ({ state, text, lane }: Answer, index: number) =>
    state === 'failed' && text === '' && answers.slice(index + 1).some((later) => later.lane === lane)
  return answers.filter((answer, index) => !isVoid(answer, index)).toSorted((a, b) => b.lane - a.lane)
}

function answerOf({ id: parentId }: Turn, answer: Answer): Stored {
  const { id, state, streamId, text, reasoning, finishReason, error } = answer
  return {
    id,
    parentId,
    role: 'assistant',
    status: STATUSES[state],
    streamId,
    finishReason,
    error: error && toStreamingError(error),
    parts: [
      ...(reasoning === '' ? [] : [{ type: 'reasoning', text: reasoning } as const]),
      ...(text === '' ? [] : [{ type: 'text', text } as const]),
      ...answer.toolCalls.map((call, index) => toolCallOf(call, index)),
    ],
  }
}

function toolCallOf({ result, ...call }: Answer['toolCalls'][number], index: number) {
  const rest = { type: 'tool_call', index, ...call } as const
  if (result === null) return rest
  const event = { type: 'tool_result', chunk_id: 0, index, id: call.id ?? '', is_error: false } as const
  return { ...rest, result: { ...event, output: JSON.parse(result) as unknown } }
}

function toStreamingError({ type, message, recoverable, retryAfter }: AnswerError): StreamingError {
  return new StreamingError(type as StreamingError['type'], message, {
    recoverable,
    ...(retryAfter === null ? {} : { retryAfterMs: retryAfter * 1000 }),
  })
}
