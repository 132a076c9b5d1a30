import { expect, test } from 'vitest'
import { Typewriter } from './typewriter.ts'

function typed(charsPerSecond: number, waiting: number, seconds: number): number {
  const typewriter = new Typewriter(charsPerSecond)
  let shown = typewriter.due(0, waiting)
  for (let ms = 16; ms <= seconds * 1000; ms += 16) shown += typewriter.due(ms, waiting - shown)
  return shown
}

test('types at its pace', () => {
  expect(typed(100, 150, 1)).toBeGreaterThan(95)
  expect(typed(100, 150, 1)).toBeLessThanOrEqual(100)
})

test('types faster the further behind it is', () => {
  expect(typed(100, 10_000, 1)).toBeGreaterThan(2000)
})

test('the time in which nothing waits does not count', () => {
  const typewriter = new Typewriter(100)
  typewriter.due(0, 10)
  typewriter.rest()
  expect(typewriter.due(60_000, 10)).toBe(0)
})
