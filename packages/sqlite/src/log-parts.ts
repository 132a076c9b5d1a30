import type { HeldMemory, HeldStream } from '@sluice/core/server'
import type { Pages } from './database/pages.ts'
import type { Outbox } from './write/outbox.ts'

/** Is told what becomes of the streams in this process. */
export interface StreamObserver {
  /** The last event of a stream that ran here is in the file. */
  closed(writer: HeldStream): void
  /** Nobody in this process reads it any more. */
  unread(writer: HeldStream): void
  /** A stream that had ended before is read, and is not read any more. */
  watched(reader: HeldStream): void
  unwatched(reader: HeldStream): void
}

/** The parts of a log that its streams use. */
export interface LogParts {
  readonly outbox: Outbox
  readonly pages: Pages
  readonly memory: HeldMemory
  readonly held: StreamObserver
}
