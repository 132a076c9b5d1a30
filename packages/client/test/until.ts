import type { Snapshot, StreamSession } from '../src/index.ts'

/** The first snapshot that fits. */
export function until(
  session: StreamSession<never> | StreamSession,
  fits: (snapshot: Snapshot) => boolean,
): Promise<Snapshot> {
  return new Promise((resolve) => {
    const look = () => {
      if (!fits(session.snapshot)) return
      unsubscribe()
      resolve(session.snapshot)
    }
    const unsubscribe = session.subscribe(look)
    look()
  })
}
