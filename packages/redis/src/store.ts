import type { Clock, HeldMemory } from '@sluice/core/server'
import type { Appends } from './appends.ts'
import type { Connection } from './connection.ts'
import type { Keys } from './keys.ts'
import type { Linger } from './linger.ts'
import type { RedisMeter } from './metrics.ts'
import type { Bounds } from './options.ts'

/** What all streams of a log share. */
export interface Store {
  readonly instanceId: string
  readonly connection: Connection
  readonly keys: Keys
  readonly bounds: Bounds
  readonly clock: Clock
  readonly linger: Linger
  readonly appends: Appends
  readonly meter: RedisMeter
  /** What all streams of the log hold in this process. */
  readonly memory: HeldMemory
  /** Whether this process stood still for longer than a lease since `time`, on the clock's clock. */
  stoodStillSince(time: number): boolean
}
