import type { ReactElement } from 'react'
import { Segmented } from '../parts/segmented.tsx'
import { transport } from '../state/clients.ts'
import { useExternal } from '../state/preference.ts'

/** Selects the transport of answers. It can be changed in the middle of one. */
export function TransportSwitch(): ReactElement {
  const options = [
    { value: 'sse', label: 'SSE', title: 'Server-sent events' },
    { value: 'ws', label: 'WebSocket', title: 'WebSocket' },
  ] as const
  return (
    <Segmented label="Transport" options={options} value={useExternal(transport)} onChange={transport.set} />
  )
}
