import type { ReactElement } from 'react'
import type { Me } from '../../shared/api.ts'
import { begin } from '../state/begin.ts'
import { Composer } from './composer.tsx'
import { Keys } from './keys.tsx'
import { ShownStatus } from './status-line.tsx'

const SUGGESTIONS = [
  'Can you walk me through setting up distributed logging across our microservices architecture with proper correlation IDs and error aggregation?',
  'How do I find out why a database query is slow?',
  'Explain how to sort a million numbers, with code and its complexity.',
  'Say hello in ten languages, Chinese and Arabic among them.',
]

/** The page of a new conversation, with suggested questions. */
export function Welcome({ me }: { readonly me: Me | undefined }): ReactElement {
  return (
    <>
      <main className="scroller" aria-labelledby="welcome-heading">
        <section className="welcome">
          <h2 id="welcome-heading">Ask something long.</h2>
          <p>
            Then reload the page, switch off the network, walk through a tunnel. The answer continues from the
            word that you read last, without a word lost or said twice.
          </p>
          <ul className="suggestions" aria-label="Suggested questions">
            {SUGGESTIONS.map((question) => (
              <li key={question}>
                <button
                  type="button"
                  className="suggestion"
                  onClick={() => begin({ question, model: undefined, isDouble: false })}
                >
                  {question}
                </button>
              </li>
            ))}
          </ul>
        </section>
      </main>
      <footer className="bottom">
        <Composer
          models={me?.models ?? []}
          isRunning={false}
          isStopping={false}
          onAsk={begin}
          onStop={() => {}}
        />
        <div className="under">
          <ShownStatus status={{ kind: 'idle', words: 'Ready' }} />
          <Keys />
        </div>
      </footer>
    </>
  )
}
