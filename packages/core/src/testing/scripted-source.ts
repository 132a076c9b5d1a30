import type { Usage } from '../events.ts'
import type { Part } from '../parts.ts'
import type { RunContext } from '../server/definition/define-stream.ts'

/** The behaviour of a {@link scriptedSource} unless the test says otherwise. */
export interface ScriptOptions {
  /**
   * Whether an aborted signal makes it throw, as a provider's client does. One that does not goes on to say
   * whatever the test has it say.
   * @default true
   */
  readonly heedsAbort?: boolean
}

/** One attempt at the provider, which the test plays part by part. */
export interface ScriptedAttempt<P extends Part = Part> {
  /** The argument that `run` was called with. */
  readonly context: RunContext
  /** Says these parts, in order, as fast as the run takes them. */
  push(...parts: P[]): void
  /** Ends with a `finish` part, as a provider does that is done. */
  finish(finishReason?: string, usage?: Usage): void
  /** Ends without a word. */
  end(): void
  /** Throws this, after what was pushed. */
  fail(error: unknown): void
  /** Resolves when the run has taken all that was pushed and waits for more, or has left it. */
  taken(): Promise<void>
  /** Resolves when the run's signal is aborted. */
  readonly aborted: Promise<void>
  /** Resolves when it has come to its end, or the run has left it: nothing more is read. */
  readonly ended: Promise<void>
  readonly isAborted: boolean
  readonly isEnded: boolean
}

class Attempt<P extends Part> implements ScriptedAttempt<P>, AsyncIterableIterator<P> {
  readonly context: RunContext
  readonly aborted: Promise<void>
  readonly ended: Promise<void>
  isEnded = false
  readonly #parts: (P | Part)[] = []
  #outcome: { readonly thrown: unknown } | 'done' | undefined
  #asking: { resolve(result: IteratorResult<P>): void; reject(error: unknown): void } | undefined
  #takenWaits: (() => void)[] = []
  #end!: () => void

  constructor(context: RunContext, { heedsAbort = true }: ScriptOptions) {
    this.context = context
    const { signal } = context
    this.ended = new Promise((resolve) => {
      this.#end = () => {
        this.isEnded = true
        this.#settleTaken()
        resolve()
      }
    })
    this.aborted = new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        if (heedsAbort) this.#breakOff(signal.reason)
        resolve()
      })
    })
  }

  get isAborted(): boolean {
    return this.context.signal.aborted
  }

  push(...parts: P[]): void {
    this.#say(parts)
  }

  finish(finishReason = 'stop', usage?: Usage): void {
    this.#say([{ type: 'finish', finishReason, ...(usage && { usage }) }])
    this.end()
  }

  end(): void {
    this.#outcome ??= 'done'
    this.#answer()
  }

  fail(error: unknown): void {
    this.#outcome ??= { thrown: error }
    this.#answer()
  }

  taken(): Promise<void> {
    if (this.isEnded || (this.#asking !== undefined && this.#parts.length === 0)) return Promise.resolve()
    return new Promise((resolve) => this.#takenWaits.push(resolve))
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<P>> {
    return new Promise((resolve, reject) => {
      this.#asking = { resolve, reject }
      this.#answer()
      if (this.#asking !== undefined) this.#settleTaken()
    })
  }

  return(): Promise<IteratorResult<P>> {
    this.#end()
    return Promise.resolve({ done: true, value: undefined })
  }

  #say(parts: readonly (P | Part)[]): void {
    if (this.#outcome !== undefined) throw new Error('scriptedSource: this attempt has been told to end.')
    this.#parts.push(...parts)
    this.#answer()
  }

  /** Answers a request for a part, if there is one. */
  #answer(): void {
    const asking = this.#asking
    if (asking === undefined) return
    if (this.#parts.length > 0) {
      this.#asking = undefined
      asking.resolve({ done: false, value: this.#parts.shift() as P })
    } else if (this.#outcome !== undefined) {
      this.#asking = undefined
      this.#end()
      if (this.#outcome === 'done') asking.resolve({ done: true, value: undefined })
      else asking.reject(this.#outcome.thrown)
    }
  }

  #breakOff(reason: unknown): void {
    if (this.isEnded) return
    this.#parts.length = 0
    this.#outcome = { thrown: reason }
    this.#answer()
  }

  #settleTaken(): void {
    for (const resolve of this.#takenWaits.splice(0)) resolve()
  }
}

/** See {@link scriptedSource}. */
export class ScriptedSource<P extends Part = Part> {
  /** Every attempt so far, the first one first. */
  readonly attempts: ScriptedAttempt<P>[] = []
  readonly #options: ScriptOptions
  readonly #waits: ((attempt: ScriptedAttempt<P>) => void)[] = []
  #handedOut = 0

  constructor(options: ScriptOptions) {
    this.#options = options
  }

  /** The `run` of a definition that uses this source. */
  readonly run = (context: RunContext): AsyncIterable<P> => {
    const attempt = new Attempt<P>(context, this.#options)
    this.attempts.push(attempt)
    const wait = this.#waits.shift()
    if (wait !== undefined) {
      this.#handedOut += 1
      wait(attempt)
    }
    return attempt
  }

  /** The next attempt: resolves when a run asks. Each call hands out one, in order. */
  asked(): Promise<ScriptedAttempt<P>> {
    const attempt = this.attempts[this.#handedOut]
    if (attempt === undefined) return new Promise((resolve) => this.#waits.push(resolve))
    this.#handedOut += 1
    return Promise.resolve(attempt)
  }
}

/**
 * A source that a test plays by hand: no model, no network, no time.
 *
 * @example
 * const source = scriptedSource()
 * const chat = defineStream({ input, run: source.run })
 * // … start it …
 * const attempt = await source.asked()
 * attempt.push('Hello')
 * attempt.finish()
 */
export function scriptedSource<P extends Part = Part>(options: ScriptOptions = {}): ScriptedSource<P> {
  return new ScriptedSource<P>(options)
}
