import type { ReactElement } from 'react'
import type { Mark } from '../observation/mark.ts'
import { connectionsOf } from './connections.ts'
import { useNow } from './use-now.ts'
import type { Subject } from './use-subject.ts'

/** How much of the past is shown, in milliseconds. */
const SPAN_MS = 20_000
/** Chunks that come within this are one bar, in milliseconds. */
const BIN_MS = 100
/** A bar of this many tokens has the full height. */
const FULL_BIN = 24
const [WIDTH, LEFT, RIGHT] = [350, 74, 346]

/** A drawing over time: connections, chunks, acks, and what went wrong. */
export function Timeline({ subject: { live, record } }: { readonly subject: Subject }): ReactElement {
  const isRunning = live !== undefined
  const ticking = useNow(BIN_MS * 2, isRunning)
  const marks = record?.marks ?? []
  const now = isRunning ? Math.max(ticking, marks.at(-1)?.at ?? 0) : (marks.at(-1)?.at ?? 0)
  const since = now - SPAN_MS
  const x = (at: number) => LEFT + ((Math.max(at, since) - since) / SPAN_MS) * (RIGHT - LEFT)
  const recent = marks.filter(({ at }) => at >= since)
  return (
    <svg className="timeline" viewBox={`0 0 ${WIDTH} 116`} role="img" aria-label={words(marks)}>
      {['connection', 'chunks', 'acks', 'events'].map((lane, index) => (
        <g key={lane}>
          <text x={0} y={20 + index * 28} dominantBaseline="central">
            {lane}
          </text>
          <line x1={LEFT} x2={WIDTH} y1={32 + index * 28} y2={32 + index * 28} />
        </g>
      ))}
      {connectionsOf(marks, now)
        .filter(({ to }) => to >= since)
        .map(({ from, to, isOpen }) => (
          <rect
            key={`${from} ${isOpen}`}
            className="timeline-connection"
            data-open={isOpen}
            x={x(from)}
            y={14}
            width={Math.max(1, x(to) - x(from))}
            height={12}
            rx={2}
          />
        ))}
      {binned(recent).map(([bin, tokens]) => {
        const height = 3 + 17 * Math.min(1, tokens / FULL_BIN)
        return (
          <rect
            key={bin}
            className="timeline-chunks"
            x={x(bin)}
            y={58 - height}
            width={1.2}
            height={height}
          />
        )
      })}
      {recent.map((mark, index) => {
        if (mark.kind === 'ack')
          // Two marks can share a moment, so only their order tells them apart.
          return <rect key={index} className="timeline-ack" x={x(mark.at)} y={74} width={1.2} height={12} />
        if (!isEvent(mark)) return null
        return (
          <circle
            key={index}
            className="timeline-event"
            data-kind={mark.kind}
            cx={x(mark.at)}
            cy={108}
            r={4}
          />
        )
      })}
    </svg>
  )
}

function isEvent(mark: Mark): boolean {
  if (mark.kind === 'open') return mark.isAgain
  return mark.kind === 'lost' || mark.kind === 'retry' || mark.kind === 'end' || mark.kind === 'cancel'
}

function binned(marks: readonly Mark[]): [bin: number, tokens: number][] {
  const bins = new Map<number, number>()
  for (const mark of marks) {
    if (mark.kind !== 'chunks') continue
    const bin = Math.floor(mark.at / BIN_MS) * BIN_MS
    bins.set(bin, (bins.get(bin) ?? 0) + mark.tokens)
  }
  return [...bins]
}

function words(marks: readonly Mark[]): string {
  const count = (kind: Mark['kind']) => marks.filter((mark) => mark.kind === kind).length
  const chunks = marks.reduce((sum, mark) => sum + (mark.kind === 'chunks' ? mark.tokens : 0), 0)
  const resumes = marks.filter((mark) => mark.kind === 'open' && mark.isAgain).length
  return `Timeline: ${chunks} chunks, ${count('ack')} acks, ${count('lost')} interruptions, ${resumes} resumes, ${count('retry')} retries of the provider.`
}
