import { StreamingError } from '../../errors.ts'
import type { Alarm, Clock } from '../clock.ts'
import type { AnyStreamDefinition } from '../definition/define-stream.ts'
import { type Audience, furthestAnywhere } from '../delivery/audience.ts'
import type { LogWriter } from '../log/log.ts'

/** Options of a {@link Pause}. */
export interface PauseOptions {
  readonly log: LogWriter
  readonly audience: Audience
  readonly clock: Clock
  readonly definition: AnyStreamDefinition
  readonly run: PausedRun
}

/** The run that waits. */
export interface PausedRun {
  /** It has waited for `timeouts.unreadMs` without a viewer. */
  fail(error: StreamingError): void
}

/**
 * When a run has to wait for its viewers, and until when. The log is the buffer, so this is at the log's bound
 * (or at an explicit lead), if neither trimming nor disconnecting a viewer frees space.
 */
export class Pause {
  readonly #log: LogWriter
  readonly #audience: Audience
  readonly #leadChunks: number
  readonly #unreadMs: number
  readonly #clock: Clock
  readonly #run: PausedRun
  #unread: Alarm | undefined
  #isHeld = false
  #resume: (() => void) | undefined

  constructor({ log, audience, clock, definition, run }: PauseOptions) {
    this.#log = log
    this.#audience = audience
    this.#leadChunks = definition.leadChunks ?? Number.POSITIVE_INFINITY
    this.#unreadMs = definition.timeouts?.unreadMs ?? 300_000
    this.#clock = clock
    this.#run = run
  }

  /** Whether the run has to wait now. Frees space in the log if it can. */
  get isNeeded(): boolean {
    if (this.#isHeld && this.#audience.size === 0) return true
    if (this.#log.full && !this.#audience.makeRoom(this.#log)) return true
    return (
      this.#leadChunks !== Number.POSITIVE_INFINITY &&
      this.#log.next - 1 - furthestAnywhere(this.#audience, this.#log) >= this.#leadChunks
    )
  }

  /** Resolves once the run may go on, or has ended. */
  over(): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = resolve
      this.#watchUnread()
    })
  }

  /** Makes a run without viewers wait, though its log has space. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld
    this.progressed()
  }

  progressed(): void {
    if (this.#resume === undefined) return
    if (this.isNeeded) this.#watchUnread()
    else this.end()
  }

  /** Ends the wait. */
  end(): void {
    this.#unread?.clear()
    const resume = this.#resume
    this.#resume = undefined
    resume?.()
  }

  #watchUnread(): void {
    const { elsewhere } = this.#log
    elsewhere?.ask()
    if (this.#audience.size > 0 || (elsewhere?.size ?? 0) > 0) {
      this.#unread?.clear()
      return
    }
    this.#unread ??= this.#clock.alarm(() => this.#run.fail(new StreamingError('log_full')))
    if (this.#unread.at === Number.POSITIVE_INFINITY) this.#unread.setIn(this.#unreadMs)
  }
}
