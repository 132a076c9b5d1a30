import type { ReactElement } from 'react'
import { Segmented } from '../parts/segmented.tsx'
import { FaultRow } from './fault-row.tsx'
import type { FaultsProps } from './faults-props.ts'

const CAPACITIES = [
  { value: 'normal', label: 'free' },
  { value: 'full', label: 'full', title: 'No new answer can begin' },
] as const

/** Faults of the server. */
export function ServerFaults({ lab: { lab, change, kill }, limits }: FaultsProps): ReactElement {
  return (
    <>
      <FaultRow name="Capacity">
        <Segmented
          label="Capacity"
          options={CAPACITIES}
          value={lab?.settings.capacity ?? 'normal'}
          isDisabled={lab === undefined}
          onChange={(capacity) => change({ capacity })}
        />
      </FaultRow>
      <FaultRow name="Process" whyNot={limits?.kill}>
        <button type="button" className="quiet-button danger" disabled={Boolean(limits?.kill)} onClick={kill}>
          Kill it
        </button>
      </FaultRow>
    </>
  )
}
