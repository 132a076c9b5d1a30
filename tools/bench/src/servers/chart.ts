/** One bar. */
export interface Bar {
  readonly label: string
  readonly value: number
  readonly text: string
  /** Whether it is ours. */
  readonly isOurs: boolean
}

const WIDTH = 720
const LABEL_WIDTH = 290
const TEXT_WIDTH = 90
const ROW = 24
const TOP = 36

/**
 * Horizontal bars as an SVG document that is readable on light and dark pages. All begin at 0: a bar twice as long
 * is twice as much.
 */
export function barChart(title: string, bars: readonly Bar[]): string {
  const height = TOP + bars.length * ROW + 8
  const largest = Math.max(...bars.map(({ value }) => value))
  const room = WIDTH - LABEL_WIDTH - TEXT_WIDTH
  const rows = bars.map(({ label, value, text, isOurs }, index) => {
    const y = TOP + index * ROW
    const width = Math.max(1, (value / largest) * room)
    return [
      `<text x="${LABEL_WIDTH - 8}" y="${y + 15}" text-anchor="end">${escaped(label)}</text>`,
      `<rect class="${isOurs ? 'ours' : 'peer'}" x="${LABEL_WIDTH}" y="${y + 3}" width="${width.toFixed(1)}" height="${ROW - 8}" rx="2"/>`,
      `<text x="${(LABEL_WIDTH + width + 6).toFixed(1)}" y="${y + 15}">${escaped(text)}</text>`,
    ].join('\n')
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(title)}">
<style>text{font:12px system-ui,sans-serif;fill:#24292f}.title{font-weight:600}.ours{fill:#2563eb}.peer{fill:#9aa4b2}@media(prefers-color-scheme:dark){text{fill:#e6edf3}.ours{fill:#60a5fa}.peer{fill:#6e7681}}</style>
<text class="title" x="8" y="20">${escaped(title)}</text>
${rows.join('\n')}
</svg>
`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
