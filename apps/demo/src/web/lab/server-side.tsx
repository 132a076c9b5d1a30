import { type ReactElement, useEffect, useState } from 'react'
import type { Measurements } from '../../shared/api.ts'
import { api } from '../state/api.ts'

/** How often the server is asked, in milliseconds. */
const EVERY_MS = 1_000

/** The server's side: its connections to this visitor, and their queues. */
export function ServerSide(): ReactElement {
  const measured = useMeasurements()
  const unsent = measured?.connections.reduce((sum, { unsentBytes }) => sum + unsentBytes, 0)
  const viewers = measured?.streams.reduce((sum, { viewers: count }) => sum + count, 0)
  const last = measured?.streams.toSorted((a, b) => a.startedAt - b.startedAt).at(-1)
  return (
    <section aria-labelledby="lab-server">
      <h3 id="lab-server">At the server</h3>
      <dl className="server-side">
        <dt>Process</dt>
        <dd>{measured?.instance ?? '–'}</dd>
        <dt>Your connections</dt>
        <dd>{measured?.connections.map(({ transport }) => transport.toUpperCase()).join(', ') || 'none'}</dd>
        <dt>Viewers of your streams</dt>
        <dd>{viewers ?? '–'}</dd>
        <dt>Failed attempts at the provider</dt>
        <dd>{last ? [last.retries, last.retryError].filter((word) => word !== null).join(', ') : '–'}</dd>
        <dt>Written and not yet sent</dt>
        <dd>{unsent === undefined ? '–' : `${(unsent / 1000).toFixed(1)} kB`}</dd>
        <dt>Kept in the log, for all</dt>
        <dd>{measured ? `${(measured.process.logBytes / 1000).toFixed(1)} kB` : '–'}</dd>
      </dl>
    </section>
  )
}

function useMeasurements(): Measurements | undefined {
  const [measured, setMeasured] = useState<Measurements>()
  useEffect(() => {
    let isGone = false
    const look = async () => {
      if (document.visibilityState === 'hidden') return
      try {
        const latest = await api.measurements()
        if (!isGone) setMeasured(latest)
      } catch {
        // Away for now: the last figures stay, and the chat says what is wrong.
      }
    }
    void look()
    const timer = setInterval(() => void look(), EVERY_MS)
    return () => {
      isGone = true
      clearInterval(timer)
    }
  }, [])
  return measured
}
