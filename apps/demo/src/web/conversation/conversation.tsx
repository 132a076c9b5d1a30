import { type ReactElement, useEffect, useRef } from 'react'
import type { Me } from '../../shared/api.ts'
import { Icon } from '../parts/icons.tsx'
import { ask, entryOf, refresh } from '../state/conversations.ts'
import { liveIn } from '../state/live-answers.ts'
import { attempt, notice } from '../state/notice.ts'
import { useExternal } from '../state/preference.ts'
import { wordsOf } from '../state/request.ts'
import { Composer, type Wish } from './composer.tsx'
import { isOpen, shownAnswers } from './shown-answers.ts'
import { StatusLine } from './status-line.tsx'
import { stopAll, useIsStopping } from './stopping.ts'
import { Turn } from './turn.tsx'
import { useEnd } from './use-end.ts'
import { useRefreshed } from './use-refreshed.ts'

interface ConversationProps {
  readonly id: string
  readonly me: Me | undefined
}

/** A conversation: its turns, and the place to ask the next question. */
export function Conversation({ id, me }: ConversationProps): ReactElement {
  const entry = useExternal(entryOf(id))
  const { conversation, failure } = entry
  const isGuest = conversation?.access === 'guest'
  useRefreshed(id, isGuest)
  const turns = (conversation?.turns ?? []).map((turn) => ({ turn, answers: shownAnswers(turn, entry) }))
  const isRunning = turns.at(-1)?.answers.some(isOpen) ?? false
  const isStopping = useIsStopping(id)
  const scroller = useRef<HTMLElement>(null)
  const { end, isAtEnd, goToEnd } = useEnd(scroller, turns.length)

  // A notice is of what was just done here.
  useEffect(() => notice.set(null), [id])

  const onAsk = ({ question, answers }: Wish) =>
    attempt('Could not ask it.', () =>
      ask(id, { question, afterTurnId: turns.at(-1)?.turn.id ?? null }, answers),
    )

  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keys */}
      <main ref={scroller} className="scroller" aria-label="Questions and answers" tabIndex={0}>
        {conversation === null && failure !== null && (
          <section className="unreachable" aria-label="Error">
            <h2>This conversation cannot be shown</h2>
            <p>{wordsOf(failure)}</p>
            <button type="button" className="quiet-button" onClick={() => void refresh(id)}>
              Try again
            </button>
          </section>
        )}
        <ol className="conversation" aria-label="Conversation">
          {turns.map(({ turn, answers }, index) => (
            <Turn
              key={turn.id}
              conversationId={id}
              turn={turn}
              answers={answers}
              isLast={index === turns.length - 1}
              canAct={!isGuest}
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
            onAsk={onAsk}
            onStop={() => attempt('Could not stop it.', () => stopAll(liveIn(id)))}
          />
        )}
        <div className="under">
          <StatusLine conversationId={id} />
          {!isGuest && <Keys />}
        </div>
      </footer>
    </>
  )
}

/** The keyboard shortcuts. */
export function Keys(): ReactElement {
  return (
    <p className="keys">
      <kbd>Enter</kbd> sends · <kbd>Shift</kbd> <kbd>Enter</kbd> begins a line · <kbd>Esc</kbd> stops
    </p>
  )
}
