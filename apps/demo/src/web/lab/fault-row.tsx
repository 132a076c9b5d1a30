import type { ReactElement, ReactNode } from 'react'

interface FaultRowProps {
  readonly name: string
  /** Why it cannot be had here. */
  readonly whyNot?: string | null | undefined
  readonly children: ReactNode
}

/** A fault, and how to have it. */
export function FaultRow({ name, whyNot, children }: FaultRowProps): ReactElement {
  return (
    <div className="fault">
      <p className="fault-name">{name}</p>
      <div className="fault-controls">{children}</div>
      {whyNot && <p className="fault-why">{whyNot}</p>}
    </div>
  )
}
