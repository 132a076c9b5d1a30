import { type ReactElement, useEffect, useId, useRef } from 'react'
import uPlot from 'uplot'
import { theme } from '../state/theme.ts'
import { optionsFor, type PlotSeries } from './plot-options.ts'

export interface PlotProps {
  readonly name: string
  /** The last figure, for those who read rather than look. */
  readonly now: string
  readonly series: readonly PlotSeries[]
  readonly data: readonly (readonly (number | null)[])[]
  /** Bars by number instead of a line over time. */
  readonly isBars?: boolean
}

/** A small plot with its name, its last figure, and its legend. */
export function Plot({ name, now, series, data, isBars = false }: PlotProps): ReactElement {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const id = useId()

  // Its series stay the same while it is mounted.
  useEffect(() => {
    const element = place.current!
    const made = new uPlot(optionsFor(element, series, isBars), data as uPlot.AlignedData, element)
    plot.current = made
    const observer = new ResizeObserver(() => {
      made.setSize({ width: element.clientWidth, height: element.clientHeight })
    })
    observer.observe(element)
    // Its colours are the page's, looked up when it draws.
    const redraw = () => made.redraw(false)
    const unsubscribe = theme.subscribe(redraw)
    const dark = matchMedia('(prefers-color-scheme: dark)')
    dark.addEventListener('change', redraw)
    return () => {
      observer.disconnect()
      unsubscribe()
      dark.removeEventListener('change', redraw)
      made.destroy()
    }
  }, [])

  useEffect(() => plot.current?.setData(data as uPlot.AlignedData), [data])

  return (
    <figure className="plot" aria-labelledby={id}>
      <figcaption id={id}>
        {name} <strong>{now}</strong>
      </figcaption>
      {/* The figure's name and the last value are text; the line itself is for the eye. */}
      <div ref={place} className="plot-place" aria-hidden="true" />
      {series.length > 1 && (
        <p className="plot-legend">
          {series.map(({ label, tone }) => (
            <span key={label} data-tone={tone}>
              {label}
            </span>
          ))}
        </p>
      )}
    </figure>
  )
}
