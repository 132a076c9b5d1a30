import { nothing, sum } from './counts.mjs'
import { announcementIn, diagnosticLines, pointIn } from './tap-syntax.mjs'

/**
 * Counts the tests in a TAP report as a reader of the test files would: each `test()` that holds no further
 * `test()` is one, however many assertions it makes. A file with bare assertions is one test. What fails beside
 * its tests (a crash, a timeout, a plan that was not met) is one more failure; skipped and todo tests are none.
 */
export function countTap(text) {
  const { points, bailedOut } = parse(text)
  const counts = points.map(countPoint)
  if (bailedOut) counts.push({ passed: 0, failed: 1 })
  return sum(counts)
}

function countPoint(point) {
  if (point.isExempt) return nothing
  const tests = point.children.filter((child) => child.isTest)
  if (tests.length === 0) return point.ok ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
  const counts = sum(tests.map(countPoint))
  const failsBesideItsTests = point.children.some((child) => !child.isTest && !child.ok && !child.isExempt)
  return failsBesideItsTests || (!point.ok && counts.failed === 0)
    ? { ...counts, failed: counts.failed + 1 }
    : counts
}

/** Test points come after what they hold, or, when they end in a brace, before it. */
function parse(text) {
  const levels = [[]]
  const announced = new Set()
  const isDiagnostic = diagnosticLines()
  let bailedOut = false

  const take = (depth) => levels.splice(depth, 1, [])[0] ?? []

  for (const line of text.split('\n')) {
    if (isDiagnostic(line)) continue
    const announcement = announcementIn(line)
    const point = pointIn(line)
    if (line.startsWith('Bail out!')) {
      bailedOut = true
    } else if (announcement !== undefined) {
      announced.add(announcement.depth)
    } else if (/^ *\}$/.test(line)) {
      const depth = (line.length - 1) / 4
      const parent = levels[depth]?.at(-1)
      if (parent !== undefined) parent.children = take(depth + 1)
    } else if (point !== undefined) {
      const { depth, opens } = point
      const isTest = announced.delete(depth) || opens
      const children = opens ? [] : take(depth + 1)
      while (levels.length <= depth) levels.push([])
      levels[depth].push({ ...point, isTest, children })
    }
  }
  return { points: levels[0], bailedOut }
}
