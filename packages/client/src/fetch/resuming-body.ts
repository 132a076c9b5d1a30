import { StreamingError } from '@sluice/core'
import type { Attempt } from '../network/attempt.ts'
import { lostBy } from '../network/failures.ts'
import { onBackOnline } from '../network/online.ts'
import { RetrySchedule } from '../session/retry-schedule.ts'
import type { Settings } from './options.ts'
import { type Blocks, WholeBlocks } from './whole-blocks.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** An answer that is being read. Its attempt is ended when nothing more is read of it. */
export interface Connection {
  readonly body: ReadableStream<Bytes>
  readonly attempt: Attempt
}

/** Options of a {@link ResumingBody}. */
export interface ResumingBodyOptions {
  readonly settings: Settings
  /** The id that the first request had for its cursor; empty: none. */
  readonly lastId: string
  /** Aborted when the client has no more interest. */
  readonly signal: AbortSignal
  /** Asks for what follows a block. `undefined`: nothing follows. */
  readonly resume: (lastId: string) => Promise<Connection | undefined>
  /** Called when nothing more comes. */
  readonly onEnd: () => void
}

/** The source of a body that ends if the answer is complete. It reads nothing before it is asked: that is the backpressure. */
export class ResumingBody implements UnderlyingDefaultSource<Bytes> {
  readonly #options: ResumingBodyOptions
  readonly #retries: RetrySchedule
  #attempt: Attempt | undefined
  #reader: ReadableStreamDefaultReader<Bytes> | undefined
  #blocks = new WholeBlocks()
  #lastId: string

  constructor(first: Connection, options: ResumingBodyOptions) {
    this.#options = options
    this.#lastId = options.lastId
    this.#retries = new RetrySchedule(options.settings.retry)
    this.#connected(first)
  }

  start(out: ReadableStreamDefaultController<Bytes>): void {
    const { signal } = this.#options
    signal.addEventListener('abort', () => {
      out.error(signal.reason)
      this.#end(signal.reason)
    })
  }

  async pull(out: ReadableStreamDefaultController<Bytes>): Promise<void> {
    const { signal } = this.#options
    try {
      const blocks = await this.#next()
      if (signal.aborted) return
      if (blocks !== undefined) out.enqueue(blocks.bytes)
      if (blocks !== undefined && !blocks.isEnd) return
      out.close()
      this.#end(undefined)
    } catch (error) {
      if (signal.aborted) return
      out.error(error)
      this.#end(error)
    }
  }

  cancel(reason: unknown): void {
    this.#end(reason)
  }

  /** The next blocks, over as many connections as it takes. `undefined`: there are no more. */
  async #next(): Promise<Blocks | undefined> {
    const { settings, signal, resume } = this.#options
    while (true) {
      try {
        if (this.#reader === undefined) {
          const connection = await resume(this.#lastId)
          if (connection === undefined) return undefined
          this.#connected(connection)
        }
        const blocks = await this.#read()
        this.#retries.progressed()
        return blocks
      } catch (thrown) {
        this.#disconnect(thrown)
        await this.#retries.wait(thrown, signal, settings.onWait)
      }
    }
  }

  async #read(): Promise<Blocks> {
    const { silenceMs, maxBlockBytes } = this.#options.settings
    const attempt = this.#attempt!
    try {
      while (true) {
        const { done, value } = await attempt.within(silenceMs, this.#reader!.read())
        if (done) throw new StreamingError('connection_lost', 'The connection ended before the answer did.')
        const blocks = this.#blocks.feed(value)
        if (blocks !== undefined) {
          this.#lastId = blocks.lastId ?? this.#lastId
          return blocks
        }
        if (this.#blocks.pending > maxBlockBytes) {
          throw new StreamingError('protocol_error', `A block has more than ${maxBlockBytes} bytes.`)
        }
      }
    } catch (thrown) {
      if (thrown instanceof StreamingError && !attempt.isOver) throw thrown
      throw attempt.isOver ? attempt.reason : lostBy(thrown)
    }
  }

  #connected({ body, attempt }: Connection): void {
    const reader = body.getReader()
    this.#reader = reader
    this.#attempt = attempt
    this.#blocks = new WholeBlocks()
    this.#retries.connected()
    // A connection that lived through the network's absence is most likely dead, and silent about it.
    const unwatch = onBackOnline(() =>
      attempt.end(new StreamingError('connection_lost', 'The network was away.')),
    )
    attempt.signal.addEventListener('abort', () => {
      unwatch()
      // Also if a `fetch` of the page's own ignores the signal.
      reader.cancel().catch(() => {})
    })
  }

  #disconnect(reason: unknown): void {
    this.#attempt?.end(reason)
    this.#attempt = undefined
    this.#reader = undefined
  }

  #end(reason: unknown): void {
    this.#disconnect(reason)
    this.#options.onEnd()
  }
}
