import { isFinal, type StreamState, TRANSITIONS } from '@sluice/core'
import { fenced } from './markdown.ts'

/** The state machine as Mermaid draws it. */
export function stateDiagram(): string {
  const states = Object.keys(TRANSITIONS) as StreamState[]
  const ways = states.flatMap((from) =>
    isFinal(from) ? [`  ${from} --> [*]`] : TRANSITIONS[from].map((to) => `  ${from} --> ${to}`),
  )
  return fenced('mermaid', ['stateDiagram-v2', '  [*] --> idle', ...ways].join('\n'))
}
