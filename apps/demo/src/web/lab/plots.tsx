import { type ReactElement, useEffect, useRef, useState } from 'react'
import { observation } from '../state/clients.ts'
import { Plot } from './plot.tsx'
import { firstWords, type Sample, sample } from './samples.ts'
import type { Subject } from './use-subject.ts'

/** How often it is looked, in milliseconds. */
const EVERY_MS = 250
/** A minute of samples. */
const MAX_SAMPLES = 240
/** Answers of which the first word is plotted. */
const MAX_ANSWERS = 16

/** How it goes, in figures over time. */
export function Plots({ subject }: { readonly subject: Subject }): ReactElement {
  const samples = useSamples(subject)
  const times = samples.map(({ time }) => time)
  const ttfts = firstWords(observation.records).slice(-MAX_ANSWERS)
  const last = samples.at(-1)
  return (
    <section className="plots" aria-labelledby="lab-plots">
      <h3 id="lab-plots">Figures</h3>
      <Plot
        name="Time to first word"
        now={figure(ttfts.at(-1), 'ms')}
        isBars
        series={[{ label: 'each answer', tone: 'accent' }]}
        data={[ttfts.map((_, index) => index + 1), ttfts]}
      />
      <Plot
        name="Tokens per second"
        now={figure(last?.tokensPerSecond, '/s')}
        series={[{ label: 'arriving', tone: 'accent' }]}
        data={[times, samples.map(({ tokensPerSecond }) => tokensPerSecond)]}
      />
      <Plot
        name="Window and queue"
        now={last?.window == null ? 'TCP decides' : `${last.window} / ${last.queue ?? 0}`}
        series={[
          { label: 'window', tone: 'accent' },
          { label: 'queue', tone: 'warn' },
        ]}
        data={[times, samples.map(({ window }) => window), samples.map(({ queue }) => queue)]}
      />
      <Plot
        name="Added latency"
        now={figure(samples.findLast(({ addedMs }) => addedMs !== null)?.addedMs, 'ms')}
        series={[{ label: 'server to page', tone: 'accent' }]}
        data={[times, samples.map(({ addedMs }) => addedMs)]}
      />
    </section>
  )
}

function figure(value: number | null | undefined, unit: string): string {
  return value == null ? '–' : `${Math.round(value).toLocaleString('en')} ${unit}`
}

/** Samples of what is looked at, while it runs. */
function useSamples({ live, record }: Subject): readonly Sample[] {
  const [samples, setSamples] = useState<readonly Sample[]>([])
  const session = live?.session
  const latest = useRef(session)
  useEffect(() => {
    latest.current = session
  }, [session])

  const isRunning = live !== undefined
  useEffect(() => {
    if (!isRunning || record === undefined) return
    let since = performance.now() - EVERY_MS
    const timer = setInterval(() => {
      const taken = sample(record, latest.current?.stats, since)
      since = performance.now()
      setSamples((before) => [...before, taken].slice(-MAX_SAMPLES))
    }, EVERY_MS)
    return () => clearInterval(timer)
  }, [isRunning, record])
  return samples
}
