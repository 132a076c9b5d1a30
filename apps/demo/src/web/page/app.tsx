import { lazy, type ReactElement, Suspense, useState } from 'react'
import { Conversation } from '../conversation/conversation.tsx'
import { Welcome } from '../conversation/welcome.tsx'
import { Drawer } from '../parts/drawer.tsx'
import { fetched } from '../state/fetched.ts'
import { MEDIUM, NARROW, useMedia } from '../state/media.ts'
import { preference, useExternal } from '../state/preference.ts'
import { route } from '../state/route.ts'
import { Shared } from './shared.tsx'
import { Sidebar } from './sidebar.tsx'
import { TopBar } from './top-bar.tsx'
import { useMe } from './use-me.ts'
import { useSummaries } from './use-summaries.ts'

/** Charts and all: fetched when it is first looked at. */
const Laboratory = lazy(() => fetched(() => import('../lab/laboratory.tsx')))

const labState = preference('sluice-lab', ['closed', 'open'])

/** The page: conversations, the one that is looked at, and the laboratory. */
export function App(): ReactElement {
  const place = useExternal(route)
  if (place.kind === 'shared') return <Shared token={place.token} />
  return <OwnChat conversationId={place.kind === 'new' ? null : place.id} />
}

function OwnChat({ conversationId }: { readonly conversationId: string | null }): ReactElement {
  const me = useMe()
  useSummaries()
  const isNarrow = useMedia(NARROW)
  const isMedium = useMedia(MEDIUM)
  const [isMenuOpen, setIsMenuOpen] = useState(false)
  const isLabOpen = useExternal(labState) === 'open'
  const closeLab = () => labState.set('closed')
  const closeMenu = () => setIsMenuOpen(false)

  const sidebar = <Sidebar currentId={conversationId} me={me} onGo={closeMenu} />
  const laboratory = (
    <Suspense fallback={<aside className="lab" aria-busy />}>
      <Laboratory conversationId={conversationId} me={me} onClose={closeLab} />
    </Suspense>
  )
  return (
    <div className="app" data-lab={isLabOpen && !isMedium}>
      {isNarrow ? (
        <Drawer label="Conversations" side="start" isOpen={isMenuOpen} onClose={closeMenu}>
          {sidebar}
        </Drawer>
      ) : (
        sidebar
      )}
      <div className="chat">
        <TopBar
          conversationId={conversationId}
          onMenu={isNarrow ? () => setIsMenuOpen(true) : undefined}
          isLabOpen={isLabOpen}
          onLab={() => labState.set(isLabOpen ? 'closed' : 'open')}
        />
        {conversationId === null ? (
          <Welcome me={me} />
        ) : (
          <Conversation key={conversationId} id={conversationId} me={me} />
        )}
      </div>
      {isMedium ? (
        <Drawer label="Laboratory" side="end" isOpen={isLabOpen} onClose={closeLab}>
          {laboratory}
        </Drawer>
      ) : (
        isLabOpen && laboratory
      )}
    </div>
  )
}
