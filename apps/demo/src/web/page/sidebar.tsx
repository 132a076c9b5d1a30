import { type ReactElement, useState } from 'react'
import type { ConversationSummary, Me } from '../../shared/api.ts'
import { IconButton } from '../parts/icon-button.tsx'
import { Icon } from '../parts/icons.tsx'
import { remove, rename, summaries } from '../state/conversations.ts'
import { useIsLive } from '../state/live-answers.ts'
import { NARROW, useMedia } from '../state/media.ts'
import { attempt } from '../state/notice.ts'
import { useExternal } from '../state/preference.ts'
import { addressOf, goTo } from '../state/route.ts'
import { RenameForm } from './rename-form.tsx'
import { ThemeSwitch } from './theme-switch.tsx'
import { TransportSwitch } from './transport-switch.tsx'

interface SidebarProps {
  readonly currentId: string | null
  readonly me: Me | undefined
  /** Something was chosen: a drawer closes. */
  readonly onGo: () => void
}

/** The visitor's conversations. */
export function Sidebar({ currentId, me, onGo }: SidebarProps): ReactElement {
  const list = useExternal(summaries)
  const isNarrow = useMedia(NARROW)
  const go = (id: string | null) => {
    goTo(id)
    onGo()
  }
  return (
    <nav className="sidebar" aria-label="Conversations">
      <p className="brand">
        <Icon name="wave" />
        Sluice
      </p>
      <button type="button" className="new-chat" onClick={() => go(null)}>
        <Icon name="plus" />
        New chat
      </button>
      {list?.length === 0 && <p className="sidebar-empty">Your questions are kept here, on the server.</p>}
      <ul className="conversations">
        {list?.map((summary) => (
          <Entry key={summary.id} summary={summary} isCurrent={summary.id === currentId} onGo={go} />
        ))}
      </ul>
      <footer className="sidebar-foot">
        {isNarrow && (
          <div className="sidebar-transport">
            <TransportSwitch />
          </div>
        )}
        <p title={me?.source}>{me && `${me.models[0]?.id} · ${me.source}`}</p>
        <ThemeSwitch />
      </footer>
    </nav>
  )
}

interface EntryProps {
  readonly summary: ConversationSummary
  readonly isCurrent: boolean
  readonly onGo: (id: string | null) => void
}

function Entry({ summary: { id, title, running }, isCurrent, onGo }: EntryProps): ReactElement {
  const isLive = useIsLive(id)
  const [isRenamed, setIsRenamed] = useState(false)
  if (isRenamed) {
    const save = (changed: string) => {
      setIsRenamed(false)
      void attempt('Could not rename it.', () => rename(id, changed))
    }
    return (
      <li>
        <RenameForm title={title} onSave={save} onCancel={() => setIsRenamed(false)} />
      </li>
    )
  }
  const removeIt = () =>
    attempt('Could not delete it.', async () => {
      await remove(id)
      if (isCurrent) onGo(null)
    })
  return (
    <li className="entry" data-current={isCurrent}>
      <a
        href={addressOf(id)}
        aria-current={isCurrent ? 'page' : undefined}
        onClick={(event) => {
          // With a modifier, the browser opens it elsewhere.
          if (event.metaKey || event.ctrlKey || event.shiftKey) return
          event.preventDefault()
          onGo(id)
        }}
      >
        <span className="entry-title">{title}</span>
        {(isLive || running > 0) && (
          <span className="entry-running">
            <span className="visually-hidden">answering</span>
          </span>
        )}
      </a>
      <IconButton icon="edit" label={`Rename ${title}`} onClick={() => setIsRenamed(true)} />
      <IconButton icon="trash" label={`Delete ${title}`} onClick={removeIt} />
    </li>
  )
}
