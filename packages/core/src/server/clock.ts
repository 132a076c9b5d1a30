/** Something that happens at a time, unless the time is moved or the alarm is cleared. */
export class Alarm {
  /** When it rings, on its clock, in milliseconds; `Infinity`: it is not set. */
  at = Number.POSITIVE_INFINITY
  readonly #clock: Clock
  readonly #ring: () => void
  #timer: NodeJS.Timeout | undefined
  /** The delay that `#timer` was made with, and when it fires, on the alarm's clock. */
  #timerMs = 0
  #firesAt = Number.POSITIVE_INFINITY

  /** @internal Made by {@link Clock.alarm}. */
  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock
    this.#ring = ring
  }

  /** Sets the alarm, or moves it, to `delayMs` milliseconds from now. `Infinity` clears it. */
  setIn(delayMs: number): void {
    this.setAt(this.#clock.now() + delayMs)
  }

  /**
   * As {@link Alarm.setIn}, at a time on its clock. To move an alarm to a later time is an assignment: its timer sees
   * that when it fires, and waits for the rest.
   */
  setAt(at: number): void {
    if (at === Number.POSITIVE_INFINITY) {
      this.clear()
      return
    }
    const wasSet = this.at !== Number.POSITIVE_INFINITY
    this.at = at
    if (!wasSet || at < this.#firesAt) this.#clock.arm(this, wasSet)
  }

  clear(): void {
    if (this.at === Number.POSITIVE_INFINITY) return
    this.at = Number.POSITIVE_INFINITY
    this.#clock.disarm(this)
  }

  /** @internal Rings, whatever the time is. */
  ring(): void {
    this.at = Number.POSITIVE_INFINITY
    this.#ring()
  }

  /** @internal Starts a timer for what is left. */
  startTimer(): void {
    const now = this.#clock.now()
    // Node rounds down, and an alarm must not ring early.
    const delayMs = Math.min(Math.max(1, Math.ceil(this.at - now)), MAX_TIMER_MS)
    // A heartbeat waits for the same time again and again: its timer needs no successor.
    if (
      this.#timer !== undefined &&
      this.#firesAt === Number.POSITIVE_INFINITY &&
      delayMs === this.#timerMs
    ) {
      this.#timer.refresh()
    } else {
      clearTimeout(this.#timer)
      this.#timer = setTimeout(fire, delayMs, this).unref()
      this.#timerMs = delayMs
    }
    this.#firesAt = now + delayMs
  }

  /** @internal */
  stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#firesAt = Number.POSITIVE_INFINITY
  }

  /** @internal Its timer has fired. */
  fired(): void {
    this.#firesAt = Number.POSITIVE_INFINITY
    if (this.at > this.#clock.now()) this.startTimer()
    else this.#clock.due(this)
  }
}

function fire(alarm: Alarm): void {
  alarm.fired()
}

/** The longest that a timer can wait, in milliseconds (Node's, and a browser's): a longer one would fire at once. */
export const MAX_TIMER_MS = 2_147_483_647

/**
 * The time, and alarms that ring at a time. Everything in Sluice that waits, waits on a clock, so that a test can move
 * it (`manualClock` of `@sluice/core/testing`). This one stands on Node's timers, which keep no process alive here.
 */
export class Clock {
  /** Milliseconds on a clock that does not go back. */
  readonly now: () => number
  #size = 0

  constructor(now: () => number = () => performance.now()) {
    this.now = now
  }

  /** How many alarms are set. */
  get size(): number {
    return this.#size
  }

  /** Makes an alarm that calls `ring`. It is not set yet. */
  alarm(ring: () => void): Alarm {
    return new Alarm(this, ring)
  }

  /** @internal An alarm was set, or moved to an earlier time. */
  arm(alarm: Alarm, wasSet: boolean): void {
    if (!wasSet) this.#size += 1
    alarm.startTimer()
  }

  /** @internal An alarm was cleared. */
  disarm(alarm: Alarm): void {
    this.#size -= 1
    alarm.stopTimer()
  }

  /** @internal The time of an alarm has come. */
  due(alarm: Alarm): void {
    this.#size -= 1
    alarm.ring()
  }
}

/** The process's clock, for all hubs, runs, viewers and heartbeats. */
export const processClock = new Clock()
