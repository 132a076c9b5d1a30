/**
 * Calls for each item. An error of one call is thrown after all calls: streams share a timer and a
 * flush, and a defect in one of them must not stop the others (invariant 8 of `ARCHITECTURE.md`).
 */
export function callEach<T>(items: Iterable<T>, call: (item: T) => void): void {
  const thrown: unknown[] = []
  for (const item of items) {
    try {
      call(item)
    } catch (error) {
      thrown.push(error)
    }
  }
  if (thrown.length === 1) throw thrown[0]
  if (thrown.length > 1) throw new AggregateError(thrown)
}
