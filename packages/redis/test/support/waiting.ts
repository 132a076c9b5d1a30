import { setTimeout as pause } from 'node:timers/promises'

/** Until `look` gives something, for what has no event: a key in Redis, a process that was killed. */
export async function until<T>(look: () => T | Promise<T>, patienceMs = 10_000): Promise<NonNullable<T>> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const found = await look()
    if (found) return found
    if (performance.now() > deadline) throw new Error(`${look} did not come true within ${patienceMs} ms`)
    await pause(5)
  }
}
