import type { LogReader, StreamRecord } from '@sluice/core/server'
import type { LogContext } from '../log-context.ts'
import { recordOf } from '../read/stream-state.ts'
import { FORGET } from '../scripts/writing.ts'

/** The part of a log that {@link forgetStream} uses. */
export interface ForgettingLog extends LogContext {
  open(streamId: string): Promise<LogReader | undefined>
}

/**
 * Forgets a stream that has ended, and waits for one that was cancelled and is about to, wherever it runs; but for no
 * longer than a command may take. Answers with its record, if it is forgotten.
 */
export async function forgetStream(log: ForgettingLog, streamId: string): Promise<StreamRecord | undefined> {
  const first = await tryToForget(log, streamId)
  if (first !== 'ending') return first
  const reader = await log.open(streamId)
  if (reader !== undefined && !reader.ended) await endOf(reader, log)
  const second = await tryToForget(log, streamId)
  return second === 'ending' ? undefined : second
}

async function tryToForget(
  { connection, keys }: LogContext,
  streamId: string,
): Promise<StreamRecord | 'ending' | undefined> {
  const { meta, log, viewers, channel } = keys.of(streamId)
  const reply = await connection.ask(FORGET, [meta, log, viewers], [channel, connection.publishCommand])
  if (reply === null) return undefined
  return reply === 1 ? 'ending' : recordOf(reply as string)
}

function endOf(reader: LogReader, { clock, bounds }: LogContext): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      patience.clear()
      unsubscribe()
      resolve()
    }
    const patience = clock.alarm(done)
    patience.setIn(bounds.commandTimeoutMs)
    const appended = (): void => {
      if (reader.ended) done()
    }
    // It is nobody's viewer: no run goes on for its sake.
    const unsubscribe = reader.subscribe({ size: 0, appended, evicted: done })
  })
}
