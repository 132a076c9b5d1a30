import type { ReactElement } from 'react'
import type { FaultsProps } from './faults-props.ts'
import { NetworkFaults } from './network-faults.tsx'
import { ProviderFaults } from './provider-faults.tsx'
import { ServerFaults } from './server-faults.tsx'

/** The faults that can be switched on, for this visitor's streams only. */
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
