import type { ReactElement } from 'react'
import { Icon } from '../parts/icons.tsx'
import { Segmented } from '../parts/segmented.tsx'
import { FaultRow } from './fault-row.tsx'
import type { FaultsProps } from './faults-props.ts'

/** How long a network can be away, in milliseconds. */
const AWAY_MS = 5_000

const LATENCIES = [
  { value: '0', label: 'none' },
  { value: '250', label: '250 ms' },
  { value: '1000', label: '1 s' },
] as const

const SPEEDS = [
  { value: '', label: 'no' },
  { value: '8000', label: '8 kB/s' },
  { value: '1500', label: '1.5 kB/s' },
] as const

/** Faults between the server and this page. */
export function NetworkFaults({ lab: { lab, change, cut } }: FaultsProps): ReactElement {
  const network = lab?.settings.network
  return (
    <>
      <FaultRow name="Connection">
        <button type="button" className="quiet-button" onClick={() => cut(0)}>
          <Icon name="cut" />
          Cut it
        </button>
        <button type="button" className="quiet-button" onClick={() => cut(AWAY_MS)}>
          Away for {AWAY_MS / 1000} s
        </button>
      </FaultRow>
      <FaultRow name="Latency">
        <Segmented
          label="Added latency"
          options={LATENCIES}
          value={closest(LATENCIES, String(network?.latencyMs ?? 0))}
          isDisabled={network === undefined}
          onChange={(value) => change({ network: { latencyMs: Number(value) } })}
        />
      </FaultRow>
      <FaultRow name="Throttle">
        <Segmented
          label="Throttle"
          options={SPEEDS}
          value={closest(SPEEDS, String(network?.bytesPerSecond ?? ''))}
          isDisabled={network === undefined}
          onChange={(value) => change({ network: { bytesPerSecond: value === '' ? null : Number(value) } })}
        />
      </FaultRow>
    </>
  )
}

/** Of a setting that another page has made, and that has no button here, none is lit. */
function closest<T extends string>(options: readonly { readonly value: T }[], value: string): T {
  return options.find((option) => option.value === value)?.value ?? ('other' as T)
}
