import uPlot from 'uplot'

/** One line, or row of bars. */
export interface PlotSeries {
  readonly label: string
  /** Which of the page's colours it has. */
  readonly tone: 'accent' | 'warn'
}

/** How uPlot draws a plot in the page's colours. */
export function optionsFor(
  element: HTMLElement,
  series: readonly PlotSeries[],
  isBars: boolean,
): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: () => colourOf(element, 'muted'),
    grid: { stroke: () => colourOf(element, 'line'), width: 1 },
    ticks: { show: false },
    font: `11px ${getComputedStyle(element).fontFamily}`,
  }
  return {
    width: element.clientWidth,
    height: element.clientHeight,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: !isBars, ...(isBars ? { range: aroundBars } : {}) },
      y: { range: (_plot, _min, max) => [0, Math.max(1, (max ?? 0) * 1.1)] },
    },
    axes: [
      { ...axis, show: !isBars, size: 22, space: 90, values: (_plot, times) => times.map(clock) },
      { ...axis, size: 42, space: 24 },
    ],
    series: [
      {},
      ...series.map(
        ({ label, tone }): uPlot.Series => ({
          label,
          stroke: () => colourOf(element, tone),
          width: 1.5,
          spanGaps: false,
          points: { show: false },
          ...(isBars
            ? { fill: () => colourOf(element, tone), paths: uPlot.paths.bars!({ size: [0.6, 22] }) }
            : {}),
        }),
      ),
    ],
  }
}

/** Room for the bars at both ends, and bars that do not grow when there are few. */
function aroundBars(_plot: uPlot, _min: number, max: number): [number, number] {
  return [0.5, Math.max(8, max ?? 0) + 0.5]
}

function clock(time: number): string {
  return new Date(time * 1000).toLocaleTimeString('en-GB')
}

/** A custom property holds `light-dark(…)` as it was written; it becomes a colour only as the value of a property. */
function colourOf(element: HTMLElement, name: PlotSeries['tone'] | 'muted' | 'line'): string {
  const before = element.style.color
  element.style.color = `var(--${name})`
  const { color } = getComputedStyle(element)
  element.style.color = before
  return color
}
