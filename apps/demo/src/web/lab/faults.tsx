import type { ReactElement } from 'react'
import type { FaultsProps } from './faults-props.ts'
import { NetworkFaults } from './network-faults.tsx'
import { ProviderFaults } from './provider-faults.tsx'
import { ServerFaults } from './server-faults.tsx'

/** What can be made to go wrong: for this visitor's streams, and nobody else's. */
export function Faults(props: FaultsProps): ReactElement {
  return (
    <section className="faults" aria-labelledby="lab-faults">
      <h3 id="lab-faults">Make it fail</h3>
      <NetworkFaults {...props} />
      <ProviderFaults {...props} />
      <ServerFaults {...props} />
      <p className="lab-words" aria-live="polite">
        {props.lab.words}
      </p>
    </section>
  )
}
