import { type ReactElement, useState } from 'react'
import { IconButton } from '../parts/icon-button.tsx'
import { Icon } from '../parts/icons.tsx'
import { entryOf } from '../state/conversations.ts'
import { useExternal } from '../state/preference.ts'
import { goTo } from '../state/route.ts'
import { ShareDialog } from './share-dialog.tsx'
import { TransportSwitch } from './transport-switch.tsx'

interface TopBarProps {
  readonly conversationId: string | null
  /** Opens the drawer with the conversations; `undefined` if they are in sight anyway. */
  readonly onMenu: (() => void) | undefined
  readonly isLabOpen: boolean
  /** The laboratory is the visitor's own: a guest has none. */
  readonly onLab: (() => void) | undefined
}

/** The bar with the conversation's title, the transport, and the buttons of the page. */
export function TopBar({ conversationId, onMenu, isLabOpen, onLab }: TopBarProps): ReactElement {
  return (
    <header className="top">
      {onMenu && <IconButton icon="menu" label="Conversations" onClick={onMenu} />}
      {conversationId === null ? <h1 className="title">New chat</h1> : <Title id={conversationId} />}
      {/* A phone has no room for it: there it is in the menu, and in the laboratory. */}
      {onMenu ? <IconButton icon="plus" label="New chat" onClick={() => goTo(null)} /> : <TransportSwitch />}
      {conversationId !== null && onLab && <Share id={conversationId} />}
      {onLab && (
        <button type="button" className="toggle lab-toggle" aria-pressed={isLabOpen} onClick={onLab}>
          <Icon name="flask" />
          <span>Laboratory</span>
        </button>
      )}
    </header>
  )
}

function Title({ id }: { readonly id: string }): ReactElement {
  const { conversation } = useExternal(entryOf(id))
  return (
    <h1 className="title" title={conversation?.title}>
      {conversation?.title ?? 'Conversation'}
    </h1>
  )
}

function Share({ id }: { readonly id: string }): ReactElement | null {
  const { conversation } = useExternal(entryOf(id))
  const [isOpen, setIsOpen] = useState(false)
  if (conversation === null) return null
  return (
    <>
      <IconButton icon="share" label="Share" onClick={() => setIsOpen(true)} />
      {isOpen && <ShareDialog conversation={conversation} onClose={() => setIsOpen(false)} />}
    </>
  )
}
