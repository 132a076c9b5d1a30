import { callEach } from './call-each.ts'

/** Something that is to happen at a time, unless the time is moved. */
export class Alarm {
  /** When it rings, on its wheel's clock, in milliseconds; `Infinity`: not set. */
  at = Number.POSITIVE_INFINITY
  readonly #wheel: Wheel
  readonly ring: () => void

  constructor(wheel: Wheel, ring: () => void) {
    this.#wheel = wheel
    this.ring = ring
  }

  /** Sets or moves the alarm. */
  setIn(delayMs: number): void {
    this.setAt(this.#wheel.now() + delayMs)
  }

  /** As {@link Alarm.setIn}, at a time on the wheel's clock. Moving one that is set is an assignment. */
  setAt(at: number): void {
    if (at === Number.POSITIVE_INFINITY) {
      this.clear()
      return
    }
    if (this.at === Number.POSITIVE_INFINITY) this.#wheel.watch(this)
    this.at = at
  }

  clear(): void {
    if (this.at === Number.POSITIVE_INFINITY) return
    this.at = Number.POSITIVE_INFINITY
    this.#wheel.forget(this)
  }
}

/** What a {@link Wheel} runs on. */
export interface WheelOptions {
  /** How often alarms are looked at, so how late one may ring, in milliseconds. @default 100 */
  readonly tickMs?: number
  /** Milliseconds on a clock that does not go back. @default performance.now */
  readonly now?: () => number
}

/**
 * One timer for any number of alarms. Ten thousand streams with a timeout each, moved at each token, would
 * otherwise be ten thousand timers; here moving one is an assignment, and each tick looks at all that are set.
 * The timer runs only while an alarm is set, and does not keep the process alive.
 */
export class Wheel {
  readonly now: () => number
  readonly #tickMs: number
  readonly #set = new Set<Alarm>()
  #timer: NodeJS.Timeout | undefined

  constructor({ tickMs = 100, now = () => performance.now() }: WheelOptions = {}) {
    this.now = now
    this.#tickMs = tickMs
  }

  /** How many alarms are set. */
  get size(): number {
    return this.#set.size
  }

  alarm(ring: () => void): Alarm {
    return new Alarm(this, ring)
  }

  /** @internal */
  watch(alarm: Alarm): void {
    this.#set.add(alarm)
    this.#timer ??= setInterval(() => this.tick(), this.#tickMs).unref()
  }

  /** @internal */
  forget(alarm: Alarm): void {
    this.#set.delete(alarm)
    if (this.#set.size > 0 || this.#timer === undefined) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** Rings what is due. A test with a clock of its own calls this; otherwise the timer does. */
  tick(): void {
    const now = this.now()
    // What is set anew while others ring waits for the next tick, or this one might never end.
    const due: Alarm[] = []
    for (const alarm of this.#set) if (alarm.at <= now) due.push(alarm)
    callEach(due, (alarm) => {
      if (alarm.at > now) return
      alarm.clear()
      alarm.ring()
    })
  }
}

/** The process's wheel: one timer for all hubs, runs, viewers and heartbeats. */
export const processWheel = new Wheel()

/** The process's wheel for delays that a reader would notice. It turns only while something is gathered. */
export const processFineWheel = new Wheel({ tickMs: 10 })
