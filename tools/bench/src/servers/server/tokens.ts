import { stage } from './stage.ts'

/** A client's request to a contestant, as the JSON body of its POST. */
export interface Ask {
  /** `burst`: as fast as they are taken; `paced`: by the {@link stage}'s timer; `silent`: none, and no end. */
  readonly source: 'burst' | 'paced' | 'silent'
  readonly tokens: number
}

/**
 * The tokens of one answer, the same for all contestants, and nothing in between that would cost more than they
 * do. The text of each is its number and the time at which it was made, so that the receiver can check the
 * order and tell the delay.
 */
export class Tokens implements AsyncIterableIterator<string, undefined> {
  readonly #ask: Ask
  #made = 0
  #isOver = false
  #ready: string[] = []
  #taker: ((token: IteratorResult<string, undefined>) => void) | undefined

  constructor(ask: Ask) {
    this.#ask = ask
    stage.enter(this)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<string, undefined>> {
    if (this.#isOver) return Promise.resolve({ value: undefined, done: true })
    const value = this.#ready.length > 0 ? this.#ready.shift() : this.#makeAtOnce()
    if (value !== undefined) return Promise.resolve({ value, done: false })
    if (this.#made === this.#ask.tokens) this.stop()
    if (this.#isOver) return Promise.resolve({ value: undefined, done: true })
    return new Promise((resolve) => {
      this.#taker = resolve
    })
  }

  return(): Promise<IteratorResult<string, undefined>> {
    this.stop()
    return Promise.resolve({ value: undefined, done: true })
  }

  /** Nobody wants more, or there are no more. */
  stop(): void {
    if (this.#isOver) return
    this.#isOver = true
    stage.leave(this)
    this.#take({ value: undefined, done: true })
  }

  /** The stage's timer says that it is time for another one. */
  produce(stamp: string): void {
    if (this.#made === this.#ask.tokens || this.#isOver) return
    const token = this.#make(stamp)
    if (this.#taker === undefined) this.#ready.push(token)
    else this.#take({ value: token, done: false })
  }

  get isPaced(): boolean {
    return this.#ask.source === 'paced'
  }

  /** The stage has opened. */
  begin(): void {
    const value = this.#taker && this.#makeAtOnce()
    if (value !== undefined) this.#take({ value, done: false })
  }

  #makeAtOnce(): string | undefined {
    if (this.#ask.source !== 'burst' || !stage.isOpen || this.#made === this.#ask.tokens) return undefined
    return this.#make(stage.stamp)
  }

  #make(stamp: string): string {
    this.#made += 1
    return `${this.#made} ${stamp}`
  }

  #take(token: IteratorResult<string, undefined>): void {
    const taker = this.#taker
    this.#taker = undefined
    taker?.(token)
  }
}
