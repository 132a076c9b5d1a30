import { nowUs } from '../clock.ts'

const TICK_MS = 2

/** An answer's tokens, as the stage moves them. */
interface Tokens {
  readonly isPaced: boolean
  /** The stage has opened. */
  begin(): void
  /** It is time for another token, made at the time that `stamp` says. */
  produce(stamp: string): void
}

/** All answers of a server wait here until every client has come, so that what is measured is the streaming alone. */
class Stage {
  readonly #tokens = new Set<Tokens>()
  /** Those that get their tokens from the timer, in turns. */
  readonly #paced: Tokens[] = []
  #timer: NodeJS.Timeout | undefined
  #next = 0
  /** Tokens that each of them is to get in a microsecond. */
  #perUs = 0
  #tickedAtUs = 0
  #due = 0
  isOpen = false
  /** When the tokens of this tick are made. */
  stamp = '0'

  get size(): number {
    return this.#tokens.size
  }

  enter(tokens: Tokens): void {
    this.#tokens.add(tokens)
    if (tokens.isPaced) this.#paced.push(tokens)
  }

  leave(tokens: Tokens): void {
    this.#tokens.delete(tokens)
    if (!tokens.isPaced) return
    const last = this.#paced.pop()!
    if (last !== tokens) this.#paced[this.#paced.indexOf(tokens)] = last
  }

  /** Bursts begin; paced answers get `perSecond` tokens each from now on, in turns, from one timer. */
  open(perSecond: number): void {
    this.isOpen = true
    this.stamp = String(Math.round(nowUs()))
    this.#perUs = perSecond / 1e6
    this.#tickedAtUs = nowUs()
    this.#due = 0
    if (perSecond > 0) this.#timer = setInterval(() => this.#tick(), TICK_MS)
    for (const tokens of this.#tokens) tokens.begin()
  }

  close(): void {
    clearInterval(this.#timer)
    this.isOpen = false
  }

  /**
   * A late timer catches up, but no answer gets two tokens in one turn: they would leave in one write, and on a busy
   * machine a contestant that joins its writes would look better than it is.
   */
  #tick(): void {
    const now = nowUs()
    const paced = this.#paced
    this.#due = Math.min(this.#due + (now - this.#tickedAtUs) * this.#perUs * paced.length, paced.length)
    this.#tickedAtUs = now
    this.stamp = String(Math.round(now))
    for (; this.#due >= 1; this.#due--) {
      this.#next = (this.#next + 1) % paced.length
      paced[this.#next]!.produce(this.stamp)
    }
  }
}

/** The stage of this process. */
export const stage = new Stage()
