import { type ReactElement, useEffect, useMemo, useRef, useState } from 'react'
import type { Me } from '../../shared/api.ts'
import { Icon } from '../parts/icons.tsx'
import { entryOf } from '../state/conversations.ts'
import { liveIn, useIsLive } from '../state/live-answers.ts'
import { attempt, notice } from '../state/notice.ts'
import { useExternal } from '../state/preference.ts'
import { wordsOf } from '../state/request.ts'
import { Composer } from './composer.tsx'
import { Keys } from './keys.tsx'
import { StatusLine } from './status-line.tsx'
import { stopAll, useIsStopping } from './stopping.ts'
import { Turn } from './turn.tsx'
import { turnsOf } from './turns.ts'
import { useChat } from './use-chat.ts'
import { useEnd } from './use-end.ts'
import { useRefreshed } from './use-refreshed.ts'

interface ConversationProps {
  readonly id: string
  readonly me: Me | undefined
}

/** A conversation. To take an answer up again that this page has given up is to open the conversation again. */
export function Conversation(props: ConversationProps): ReactElement {
  const [times, setTimes] = useState(0)
  return <OpenConversation key={times} {...props} onReopen={() => setTimes(times + 1)} />
}

/** Its turns, and the place to ask the next question. */
function OpenConversation({
  id,
  me,
  onReopen,
}: ConversationProps & { readonly onReopen: () => void }): ReactElement {
  const { conversation, failure } = useExternal(entryOf(id))
  const isGuest = conversation?.access === 'guest'
  const chat = useChat(id)
  useRefreshed(chat.refresh, isGuest)
  const stored = useMemo(
    () => new Map(conversation?.turns.flatMap(({ answers }) => answers.map((each) => [each.id, each])) ?? []),
    [conversation],
  )
  const turns = turnsOf(chat.messages, chat.branches, stored)
  const isLive = useIsLive(id)
  const isRunning = isLive || BUSY.includes(chat.status)
  const isStopping = useIsStopping(id)
  const scroller = useRef<HTMLElement>(null)
  const { end, isAtEnd, goToEnd } = useEnd(scroller, turns.length)

  // A notice is of what was just done here.
  useEffect(() => notice.set(null), [id])

  const stop = () => {
    const live = liveIn(id)
    return live.length > 0 ? stopAll(live) : chat.stop()
  }
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keys */}
      <main ref={scroller} className="scroller" aria-label="Questions and answers" tabIndex={0}>
        {turns.length === 0 && conversation === null && failure !== null && (
          <section className="unreachable" aria-label="Error">
            <h2>This conversation cannot be shown</h2>
            <p>{wordsOf(failure)}</p>
            <button type="button" className="quiet-button" onClick={() => void chat.refresh()}>
              Try again
            </button>
          </section>
        )}
        <ol className="conversation" aria-label="Conversation">
          {turns.map((turn, index) => (
            <Turn
              key={turn.question.id}
              conversationId={id}
              turn={turn}
              chat={chat}
              isLast={index === turns.length - 1}
              isBusy={isRunning}
              canAct={!isGuest}
              onReopen={onReopen}
            />
          ))}
        </ol>
        <div ref={end} className="end" />
      </main>
      <footer className="bottom">
        {!isAtEnd && (
          <button type="button" className="to-end" onClick={goToEnd}>
            <Icon name="arrowDown" />
            Latest words
          </button>
        )}
        {isGuest ? (
          <p className="guest">
            <Icon name="eye" />
            You are watching. Only the owner can ask or stop.
          </p>
        ) : (
          <Composer
            models={me?.models ?? []}
            isRunning={isRunning}
            isStopping={isStopping}
            onAsk={chat.ask}
            onStop={() => attempt('Could not stop it.', stop)}
          />
        )}
        <div className="under">
          <StatusLine conversationId={id} chat={chat} />
          {!isGuest && <Keys />}
        </div>
      </footer>
    </>
  )
}

const BUSY: readonly string[] = ['sending', 'waiting', 'thinking', 'answering']
