import { type ReactElement, useEffect, useState } from 'react'
import { Conversation } from '../conversation/conversation.tsx'
import { Icon } from '../parts/icons.tsx'
import { enter } from '../state/conversations.ts'
import { wordsOf } from '../state/request.ts'
import { TopBar } from './top-bar.tsx'

type Entrance =
  | { readonly state: 'waiting' }
  | { readonly state: 'open'; readonly id: string }
  | { readonly state: 'closed'; readonly why: string }

/** Somebody else's conversation, by its link: to watch. */
export function Shared({ token }: { readonly token: string }): ReactElement {
  const [entrance, setEntrance] = useState<Entrance>({ state: 'waiting' })
  useEffect(() => {
    enter(token).then(
      (id) => setEntrance({ state: 'open', id }),
      (error: unknown) => setEntrance({ state: 'closed', why: wordsOf(error) }),
    )
  }, [token])

  if (entrance.state === 'closed') {
    return (
      <main className="closed" aria-labelledby="closed-heading">
        <Icon name="wave" />
        <h1 id="closed-heading">This link leads nowhere</h1>
        <p>It was taken back, or the conversation was deleted.</p>
        <p className="closed-why">{entrance.why}</p>
        <a className="quiet-button" href="/">
          To the demo
        </a>
      </main>
    )
  }
  return (
    <div className="app" data-guest>
      <div className="chat">
        <TopBar
          conversationId={entrance.state === 'open' ? entrance.id : null}
          onMenu={undefined}
          isLabOpen={false}
          onLab={undefined}
        />
        {entrance.state === 'open' && <Conversation id={entrance.id} me={undefined} />}
      </div>
    </div>
  )
}
