import type { HeldMemory, MemoryShare } from './held-memory.ts'
import { HeldWriter } from './held-writer.ts'
import type { StreamRecord } from './log.ts'

/** The log that a {@link MemoryStream} belongs to. */
export interface StreamObserver {
  /** Its terminal event is in the log. */
  streamEnded(stream: MemoryStream): void
}

/** One stream of a log in memory. An event can be read as soon as it is appended. */
export class MemoryStream extends HeldWriter {
  readonly #log: StreamObserver
  /** Whether the log still has it. */
  #isHeld = true

  constructor(log: StreamObserver, memory: HeldMemory, record: StreamRecord) {
    super(memory, record, memory.share(record.owner))
    this.#log = log
  }

  /** The share of its owner. */
  get ofOwner(): MemoryShare {
    return this.share
  }

  override evict(): void {
    if (this.#isHeld) this.memory.leave(this.share)
    this.#isHeld = false
    this.memory.forget(this)
    this.stopAccounting()
    super.evict()
  }

  protected override taken(): void {
    this.show(this.tail.last)
  }

  protected override closed(): void {
    this.tail.seal()
    this.account()
    if (this.#isHeld) this.#log.streamEnded(this)
  }
}
