import type { ReactElement } from 'react'
import type { ChatMessage } from '../state/chat-messages.ts'
import { entryOf, refresh } from '../state/conversations.ts'
import { Answer } from './answer.tsx'
import { Beside } from './beside.tsx'
import { faceOf } from './face.ts'
import { Question } from './question.tsx'
import type { ShownAnswer, ShownTurn } from './turns.ts'
import type { Chat } from './use-chat.ts'

interface TurnProps {
  readonly conversationId: string
  readonly turn: ShownTurn
  readonly chat: Chat
  /** No turn follows it; a later turn depends on the answers as they are. */
  readonly isLast: boolean
  /** An answer runs in this conversation. */
  readonly isBusy: boolean
  /** Guests watch. */
  readonly canAct: boolean
  /** Opens the conversation again: the server has more of it than this page. */
  readonly onReopen: () => void
}

/** A question, and what was answered to it: one answer, or two side by side. */
export function Turn({
  conversationId,
  turn,
  chat,
  isLast,
  isBusy,
  canAct,
  onReopen,
}: TurnProps): ReactElement {
  const { question, branches, answers } = turn
  const besideTry = chat.besides.get(question.id)
  const running = answers.find(
    ({ lane, message }) => lane === 1 && faceOf(message, undefined).outcome === 'running',
  )
  const hasBeside = besideTry !== undefined || running !== undefined
  const stored = answers.filter(({ lane }) => lane === 0 || !hasBeside)
  const count = stored.length + (hasBeside ? 1 : 0)
  const mayAsk = canAct && isLast && !isBusy

  const again = async ({ lane, message, stored: known }: ShownAnswer) => {
    chat.next.model = known?.model ?? chat.next.model
    if (message.status === 'failed' && (await isAliveOnServer(conversationId, message.id))) onReopen()
    else if (lane === 1) chat.askBeside(question.id)
    else void chat.retry(message.id)
  }
  return (
    <li className="turn">
      <Question
        message={question}
        branches={branches}
        onShow={chat.showBranch}
        onEdit={canAct && !isBusy ? (text) => void chat.edit(question.id, text) : undefined}
      />
      {isLast && count === 0 && <Missing onStart={mayAsk ? () => void chat.retry(question.id) : undefined} />}
      <div className="answers" data-count={count}>
        {stored.map((answer, index) => (
          <Answer
            key={answer.lane}
            {...answer}
            face={faceOf(answer.message, answer.stored)}
            place={count > 1 ? index + 1 : 0}
            onAgain={mayAsk ? () => void again(answer) : undefined}
            onShow={chat.showBranch}
          />
        ))}
        {hasBeside && (
          <Beside
            key={`beside ${besideTry}`}
            conversationId={conversationId}
            path={pathTo(chat.messages, question)}
            running={running?.message}
            next={chat.next}
            canAct={canAct}
            onEnd={() => void chat.endBeside(question.id)}
          />
        )}
      </div>
    </li>
  )
}

function pathTo(messages: readonly ChatMessage[], question: ChatMessage): readonly ChatMessage[] {
  return messages.slice(0, messages.indexOf(question) + 1)
}

/** As this page saw it, it has failed. It may run on, or be whole by now: only the server knows. */
async function isAliveOnServer(conversationId: string, answerId: string): Promise<boolean> {
  await refresh(conversationId)
  const { conversation } = entryOf(conversationId).get()
  const answers = conversation?.turns.flatMap((turn) => turn.answers) ?? []
  return answers.some(({ id, state }) => id === answerId && state !== 'failed')
}

function Missing({ onStart }: { readonly onStart: (() => void) | undefined }): ReactElement {
  return (
    <p className="missing">
      This question has no answer yet.
      {onStart && (
        <button type="button" className="quiet-button" onClick={onStart}>
          Ask it
        </button>
      )}
    </p>
  )
}
