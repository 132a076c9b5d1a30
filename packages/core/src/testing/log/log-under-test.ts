import type { MaybePromise, StreamLog } from '../../server/log/log.ts'

/** The bounds that a log is made with for the suite; it MUST hold to them. */
export interface LogBounds {
  readonly maxStreamBytes: number
  readonly resumeMarginBytes: number
  readonly keepEndedMs: number
  readonly keepRefusedMs: number
}

/** A log, and the way to let time pass for it. */
export interface LogUnderTest {
  readonly log: StreamLog
  /** The same log as another instance sees it. @default `log` */
  readonly elsewhere?: StreamLog
  /** Lets this much time pass for the log: by a clock of the test's own, or by waiting. */
  pass(ms: number): MaybePromise<void>
  /** Lets go of what the test set up beside the log. */
  close?(): MaybePromise<void>
}
