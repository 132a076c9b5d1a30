import type { StreamState } from '@sluice/client'
import { TRANSITIONS } from '@sluice/core'
import type { ReactElement } from 'react'

/** The position of each state, in the drawing's own units, and its meaning. */
const STATES: Readonly<
  Record<StreamState, { readonly x: number; readonly y: number; readonly words: string }>
> = {
  idle: { x: 44, y: 18, words: 'Nothing is asked.' },
  connecting: { x: 164, y: 18, words: 'A connection is being made.' },
  streaming: { x: 300, y: 18, words: 'The answer comes.' },
  paused: { x: 300, y: 64, words: 'The page is behind; the server waits.' },
  error: { x: 44, y: 110, words: 'It ended with an error.' },
  cancelled: { x: 164, y: 110, words: 'It was stopped.' },
  completed: { x: 300, y: 110, words: 'All of it is here.' },
}
const NAMES = Object.keys(STATES) as StreamState[]
const [WIDTH, HEIGHT] = [92, 28]

/** The states that a stream can be in, with the ways between them; the one that it is in is lit. */
export function StateMachine({ state }: { readonly state: StreamState }): ReactElement {
  return (
    <figure className="machine">
      <svg viewBox="0 0 350 128" aria-hidden="true">
        {NAMES.flatMap((from) =>
          TRANSITIONS[from].map((to) => (
            <line
              key={`${from} ${to}`}
              className="machine-way"
              data-open={from === state}
              x1={STATES[from].x}
              y1={STATES[from].y}
              x2={STATES[to].x}
              y2={STATES[to].y}
            />
          )),
        )}
        {NAMES.map((name) => {
          const { x, y } = STATES[name]
          return (
            <g key={name} className="machine-state" data-state={name} data-current={name === state}>
              <rect x={x - WIDTH / 2 + 4} y={y - HEIGHT / 2} width={WIDTH - 8} height={HEIGHT} rx={9} />
              <text x={x} y={y} textAnchor="middle" dominantBaseline="central">
                {name}
              </text>
            </g>
          )
        })}
      </svg>
      <figcaption>
        <strong>{state}</strong>: {STATES[state].words}
      </figcaption>
    </figure>
  )
}
