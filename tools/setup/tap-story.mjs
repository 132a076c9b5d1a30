import { announcementIn, diagnosticLines, pointIn } from './tap-syntax.mjs'

/**
 * What a person wants to read of a TAP report while it comes: a line per file, and before it each failure with where
 * it stands and what was different. Gives the lines to print for a line of TAP.
 */
export function tellTap() {
  const isDiagnostic = diagnosticLines()
  const path = []
  // How deep the last failure stood that was told; a test around it fails too, and has nothing to add.
  let toldDepth = -1
  let tests = 0
  let isTelling = false

  return (line) => {
    if (isDiagnostic(line)) return isTelling && !/^ *(---|\.\.\.)$/.test(line) ? [line] : []
    isTelling = false
    if (line.startsWith('Bail out!')) return [`✗ ${line}`]

    const announcement = announcementIn(line)
    const point = pointIn(line)
    if (announcement !== undefined) path[announcement.depth] = announcement.name
    if (point === undefined) return []

    const { depth, name, opens } = point
    const fails = !point.ok && !point.isExempt
    if (opens) path[depth] = name
    if (depth === 1) tests += 1

    const isNews = fails && !opens && toldDepth <= depth
    if (fails && !opens) toldDepth = depth
    isTelling = isNews

    if (isNews) return [`✗ ${[...path.slice(0, depth), name].join(' › ')}`]
    if (depth > 0 || fails) return []
    const count = tests
    tests = 0
    return [`✓ ${name} (${count === 1 ? '1 test' : `${count} tests`})`]
  }
}
