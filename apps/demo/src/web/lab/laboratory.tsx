import type { ReactElement } from 'react'
import type { Me } from '../../shared/api.ts'
import { TransportSwitch } from '../page/transport-switch.tsx'
import { IconButton } from '../parts/icon-button.tsx'
import { NARROW, useMedia } from '../state/media.ts'
import { Faults } from './faults.tsx'
import { Happenings } from './happenings.tsx'
import { Plots } from './plots.tsx'
import { ServerSide } from './server-side.tsx'
import { StateMachine } from './state-machine.tsx'
import { Timeline } from './timeline.tsx'
import { useLab } from './use-lab.ts'
import { useSubject } from './use-subject.ts'
import './lab.css'

interface LaboratoryProps {
  readonly conversationId: string | null
  readonly me: Me | undefined
  readonly onClose: () => void
}

/** Makes things fail on purpose, and shows the effects. */
export default function Laboratory({ conversationId, me, onClose }: LaboratoryProps): ReactElement {
  const lab = useLab()
  const isNarrow = useMedia(NARROW)
  const subject = useSubject(conversationId)
  return (
    <aside className="lab" aria-label="Laboratory">
      <header className="lab-head">
        <h2>Laboratory</h2>
        <button type="button" className="quiet-button" onClick={lab.reset}>
          All well
        </button>
        <IconButton icon="close" label="Close the laboratory" onClick={onClose} />
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keys */}
      <section className="lab-body" aria-label="Faults and what comes of them" tabIndex={0}>
        {isNarrow && <TransportSwitch />}
        <Faults lab={lab} limits={lab.lab?.limits ?? me?.lab} />
        <section aria-labelledby="lab-state">
          <h3 id="lab-state">State</h3>
          <StateMachine state={subject.state} />
        </section>
        <section aria-labelledby="lab-timeline">
          <h3 id="lab-timeline">Timeline</h3>
          <Timeline subject={subject} />
          <Happenings subject={subject} />
        </section>
        <Plots subject={subject} />
        <ServerSide />
      </section>
    </aside>
  )
}
