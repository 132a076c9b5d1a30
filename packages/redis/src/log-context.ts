import type { Clock, HeldMemory } from '@sluice/core/server'
import type { Connection } from './connection/connection.ts'
import type { Keys } from './find/keys.ts'
import type { RedisMeter } from './metrics.ts'
import type { Bounds } from './options.ts'
import type { Appends } from './write/appends.ts'
import type { GatherTimer } from './write/gather-timer.ts'

/** The objects that all streams of a log share. */
export interface LogContext {
  readonly instanceId: string
  readonly connection: Connection
  readonly keys: Keys
  readonly bounds: Bounds
  readonly clock: Clock
  readonly gatherTimer: GatherTimer
  readonly appends: Appends
  readonly meter: RedisMeter
  /** Counts the memory that all streams of the log hold in this process. */
  readonly memory: HeldMemory
  /** Whether this process stood still for longer than a lease since `time`, on the clock's clock. */
  stoodStillSince(time: number): boolean
}
