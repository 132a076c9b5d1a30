import type { LiveStreams } from '../hub/live-streams.ts'
import type { StreamLog } from '../log/log.ts'
import type { Relief } from './pressure.ts'

/** A tenth, so that the viewers that reconnect do not disturb the others. */
const DROPPED_SHARE = 0.1

/** A client that lost its connection has reconnected by then, or does not. */
const UNREAD_FOR_MS = 60_000

/** Eases pressure without loss: streams that are freed have ended, runs that are held have no viewer, and viewers that are disconnected can resume. */
export function reliefFor(log: StreamLog, live: LiveStreams): Relief {
  return {
    high(isHigh) {
      for (const { run } of live) run?.hold(isHigh)
    },
    short() {
      log.evictEnded(UNREAD_FOR_MS)
    },
    critical() {
      log.evictEnded(0)
      const viewers = [...live].flatMap(({ audience }) => [...audience])
      const most = viewers
        .map((viewer) => ({ viewer, unsent: viewer.unsentBytes }))
        .filter(({ unsent }) => unsent > 0)
        .sort((a, b) => b.unsent - a.unsent)
        .slice(0, Math.ceil(viewers.length * DROPPED_SHARE))
      for (const { viewer } of most) viewer.detach('pressure')
    },
  }
}
