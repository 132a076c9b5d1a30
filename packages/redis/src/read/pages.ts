import { StreamingError } from '@sluice/core'
import { type EventRange, Segments } from '@sluice/core/server'
import type { StreamKeys } from '../find/keys.ts'
import type { LogContext } from '../log-context.ts'
import { PAGE } from '../scripts/reading.ts'

/** A stream that is read from Redis. */
export interface PagedStream {
  readonly keys: StreamKeys
  /** The log has nothing below this chunk any more. */
  heardFirst(first: number): void
  /** The log does not have the stream any more. */
  evict(): void
  /** The page has kept the stream for longer: what leads to it has to be kept, too. */
  keep(): void
}

/**
 * Reads the events after `after` from Redis: at least one, else as many as fit into `maxBytes`.
 * @throws {StreamingError} `resume_expired` if Redis does not have the first of them any more.
 */
export async function readPage(
  { connection, bounds, meter }: LogContext,
  stream: PagedStream,
  {
    after,
    through,
    maxBytes,
  }: { readonly after: number; readonly through: number; readonly maxBytes: number },
): Promise<EventRange> {
  meter.pages += 1
  const reply = (await connection.ask(
    PAGE,
    [stream.keys.meta, stream.keys.log],
    [
      `${after + 1}`,
      `${through}`,
      `${Math.min(maxBytes, Number.MAX_SAFE_INTEGER)}`,
      `${bounds.ttlMs}`,
      `${bounds.endedTtlMs}`,
    ],
  )) as [number, ...string[]] | null
  if (reply === null) {
    stream.evict()
    throw new StreamingError('resume_expired', 'The log no longer has this stream.')
  }
  stream.keep()
  const [first, ...events] = reply
  stream.heardFirst(first)
  if (first > after + 1 || events.length === 0) {
    throw new StreamingError('resume_expired', `The log does not have chunk ${after + 1} any more.`)
  }
  const page = new Segments(undefined, after)
  for (const event of events) page.append(event)
  return page.range(after, through, Number.POSITIVE_INFINITY)
}
