export const nothing = { passed: 0, failed: 0 }

export function sum(counts) {
  return counts.reduce(
    (so, { passed, failed }) => ({ passed: so.passed + passed, failed: so.failed + failed }),
    nothing,
  )
}
