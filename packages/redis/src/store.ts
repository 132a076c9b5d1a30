import type { Clock } from '@sluice/core/server'
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
  /** Whether all streams of this process are at their bound. */
  readonly full: boolean
  /** A stream holds so many more bytes in this process, or fewer. */
  account(bytes: number): void
  /** Whether this process stood still for longer than a lease since `time`, on the clock's clock. */
  stoodStillSince(time: number): boolean
}
