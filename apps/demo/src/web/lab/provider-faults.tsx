import type { ReactElement } from 'react'
import { Segmented } from '../parts/segmented.tsx'
import { FaultRow } from './fault-row.tsx'
import type { FaultsProps } from './faults-props.ts'

const FAULTS = [
  { value: 'none', label: 'none' },
  { value: '429', label: '429', title: 'Too many requests' },
  { value: '500', label: '500', title: 'An error of its own' },
  { value: 'stall', label: 'stall', title: 'It falls silent' },
  { value: 'break_off', label: 'break off', title: 'Its connection is reset in the middle' },
] as const

/** The server asks three times. */
const ATTEMPTS = [
  { value: '1', label: 'once', title: 'The server asks again, and it works' },
  { value: '3', label: 'each time', title: 'The server gives up after three attempts' },
] as const

const PACES = [
  { value: '', label: 'normal' },
  { value: '12', label: 'slow' },
  { value: '400', label: 'fast' },
] as const

/** Faults and pace of the language model's provider. */
export function ProviderFaults({ lab: { lab, change }, limits }: FaultsProps): ReactElement {
  const provider = lab?.settings.provider
  const whyNot = limits?.provider
  const isDisabled = provider === undefined || Boolean(whyNot)
  return (
    <>
      <FaultRow name="Provider" whyNot={whyNot}>
        <Segmented
          label="Provider’s fault"
          options={FAULTS}
          value={provider?.fault ?? 'none'}
          isDisabled={isDisabled}
          onChange={(fault) => change({ provider: { fault } })}
        />
      </FaultRow>
      {provider !== undefined && provider.fault !== 'none' && (
        <FaultRow name="It fails">
          <Segmented
            label="How often it fails"
            options={ATTEMPTS}
            value={provider.attempts === 3 ? '3' : '1'}
            isDisabled={isDisabled}
            onChange={(attempts) => change({ provider: { attempts: Number(attempts) } })}
          />
        </FaultRow>
      )}
      <FaultRow name="Pace">
        <Segmented
          label="Provider’s pace"
          options={PACES}
          value={PACES.find(({ value }) => value === String(provider?.tokensPerSecond ?? ''))?.value ?? ''}
          isDisabled={isDisabled}
          onChange={(pace) => change({ provider: { tokensPerSecond: pace === '' ? null : Number(pace) } })}
        />
      </FaultRow>
    </>
  )
}
