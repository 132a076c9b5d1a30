import type { Hub } from '@sluice/core/server'
import type { SluiceConnections } from '@sluice/fastify-ws'
import type { ConnectionMeasurement, Measurements, StreamMeasurement } from '../../shared/api.ts'
import type { Answers } from '../store/answers.ts'
import type { Runs } from './runs.ts'
import type { StreamConnections } from './stream-connections.ts'

/** The sources of measurements. */
export interface Measured {
  readonly hub: Hub
  readonly runs: Runs
  readonly answers: Answers
  readonly connections: StreamConnections
  readonly sockets: SluiceConnections
  /** This process, for people. */
  readonly instance: string
}

/** A visitor's streams and connections on this instance, now. */
export async function measure(from: Measured, visitor: string): Promise<Measurements> {
  const { streams, viewers, ...metrics } = from.hub.metrics()
  return {
    instance: from.instance,
    at: Date.now(),
    streams: await streamsOf(from, visitor),
    connections: connectionsOf(from, visitor),
    process: {
      streams: streams.active,
      viewers: viewers.active,
      logBytes: metrics.logBytes,
      retries: metrics.retries,
      pauses: metrics.pauses,
      heapBytes: process.memoryUsage().heapUsed,
    },
  }
}

async function streamsOf({ hub, runs, answers }: Measured, visitor: string): Promise<StreamMeasurement[]> {
  const here = runs.of(visitor)
  const elsewhere = answers
    .open(visitor)
    .filter(({ streamId }) => !here.some((run) => run.streamId === streamId))
    .map(({ streamId, startedAt }) => ({ ...NOT_HERE, streamId, startedAt }))
  return Promise.all(
    [...here, ...elsewhere].map(async (run) => ({
      ...run,
      lastChunkId: await lastOf(hub, visitor, run.streamId),
    })),
  )
}

const NOT_HERE = {
  state: 'elsewhere',
  viewers: 0,
  retries: 0,
  retryError: null,
  pauses: 0,
  ttftMs: null,
  endedAt: null,
} as const

/** 0 if the log does not say: it has discarded the stream, or cannot be reached. */
async function lastOf(hub: Hub, owner: string, streamId: string): Promise<number> {
  try {
    return (await hub.find({ streamId, owner })).last
  } catch {
    return 0
  }
}

function connectionsOf({ connections, sockets }: Measured, visitor: string): ConnectionMeasurement[] {
  const carrying = connections.of(visitor).filter(({ transport }) => transport === 'sse')
  return [
    ...carrying.map(({ connectionId, connection: { bytesSent, unsentBytes } }) => ({
      connectionId,
      transport: 'sse' as const,
      bytesSent,
      unsentBytes,
      streams: [],
    })),
    ...sockets.list({ owner: visitor }).map(({ connectionId, bytesSent, unsentBytes, streams }) => ({
      connectionId,
      transport: 'ws' as const,
      bytesSent,
      unsentBytes,
      streams: streams.map(({ streamId, cursor, outstanding, limit, queueLength, pausedMs }) => ({
        streamId,
        cursor,
        acknowledged: cursor - outstanding,
        limit,
        queue: queueLength ?? null,
        pausedMs: Math.round(pausedMs),
      })),
    })),
  ]
}
