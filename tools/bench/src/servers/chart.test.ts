import { expect, test } from 'vitest'
import { barChart } from './chart.ts'

const chart = barChart('CPU & "more"', [
  { label: '<bare>', value: 10, text: '10.0', isOurs: false },
  { label: 'ours', value: 5, text: '5.0', isOurs: true },
])

test('a bar of half the value is half as long', () => {
  const widths = [...chart.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width))
  expect(widths[0]! / widths[1]!).toBeCloseTo(2)
})

test('names are text, not markup', () => {
  expect(chart).toContain('&lt;bare>')
  expect(chart).toContain('aria-label="CPU &amp; &quot;more&quot;"')
})
