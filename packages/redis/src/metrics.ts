import { Histogram, type HistogramSnapshot } from '@sluice/core/server'

/** The metrics of a log on Redis in this process. Counts begin when the log is made. */
export interface RedisLogMetrics {
  /** The commands that appended, the streams in them, and the events. */
  readonly appendCommands: number
  readonly appends: number
  readonly appendedEvents: number
  /** From an append to the answer of Redis, in milliseconds. */
  readonly appendMs: HistogramSnapshot
  /** From an append elsewhere to its message here, in milliseconds; by the clocks of two machines, if they are two. */
  readonly fanOutMs: HistogramSnapshot
  /** How often a message was missing, and events had to be read from Redis instead. */
  readonly refills: number
  /** Pages that were read, for replay and refills. */
  readonly pages: number
  /** How often a producer had to find out how far Redis is: a lost connection, a restart, a failover. */
  readonly recoveries: number
  /** Streams that were created anew from the producer's memory, after Redis had lost them. */
  readonly restored: number
  /** Runs that ended because another instance had taken their stream. */
  readonly fenced: number
  /** Streams of dead producers that this instance ended. */
  readonly leaseExpiries: number
  /** Streams that this instance began in the place of those. */
  readonly restarts: number
  /** Streams that run here, and streams that are read here and run elsewhere. */
  readonly writers: number
  readonly tails: number
  readonly bytes: number
}

/** The counts. The code that does a thing increments its field. */
export class RedisMeter {
  appendCommands = 0
  appends = 0
  appendedEvents = 0
  refills = 0
  pages = 0
  recoveries = 0
  restored = 0
  fenced = 0
  leaseExpiries = 0
  restarts = 0
  readonly appendMs = new Histogram()
  readonly fanOutMs = new Histogram()

  snapshot(now: { writers: number; tails: number; bytes: number }): RedisLogMetrics {
    return { ...this, appendMs: this.appendMs.snapshot(), fanOutMs: this.fanOutMs.snapshot(), ...now }
  }
}
