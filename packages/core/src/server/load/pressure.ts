import { monitorEventLoopDelay } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import type { Alarm, Clock } from '../clock.ts'

/** How short of memory and time the process is. */
export interface PressureSample {
  /** Of the limit that is nearer, the heap's or the container's: 1 is all of it. */
  readonly memory: number
  /** The mean delay of the event loop since the last sample, in milliseconds. */
  readonly eventLoopDelayMs: number
}

/** When relief begins. */
export interface PressureOptions {
  /** Memory above which starts are refused. @default 0.85 */
  readonly highMemory?: number
  /** Memory above which viewers with much unsent are dropped. @default 0.95 */
  readonly criticalMemory?: number
  /** Event loop delay above which starts are refused, in milliseconds. @default 250 */
  readonly maxEventLoopDelayMs?: number
  /** How often it is looked at, in milliseconds. @default 1_000 */
  readonly sampleMs?: number
  /** How many samples in a row it takes: one is noise. @default 3 */
  readonly samples?: number
  /** Takes a sample. @default of the process's heap, its cgroup and its event loop */
  readonly sample?: () => PressureSample
}

/** Measures against pressure, in the order in which they are taken. */
export interface Relief {
  /** Memory is short, or the event loop late: hold runs without viewers. Called with `false` when it is over. */
  high(isHigh: boolean): void
  /** Memory is short: free streams that no viewer will come back for. A late event loop is no reason, it frees no time. */
  short(): void
  /** Memory is nearly gone: disconnect the viewers with the most unsent bytes. They can resume. */
  critical(): void
}

/** Between two rounds of dropping viewers: each comes back, and a storm of them would be no relief. */
const DROP_EVERY_MS = 10_000

/** Watches the process while a hub has something to do, and asks for relief when it lasts. */
export class Pressure {
  readonly #options: Required<Omit<PressureOptions, 'sample'>>
  readonly #sample: () => PressureSample
  readonly #relief: Relief
  readonly #clock: Clock
  readonly #due: Alarm
  readonly #isIdle: () => boolean
  #highSamples = 0
  #shortSamples = 0
  #criticalSamples = 0
  #isHigh = false
  #droppedAt = Number.NEGATIVE_INFINITY

  constructor(options: PressureOptions, clock: Clock, relief: Relief, isIdle: () => boolean) {
    const { sample, ...given } = options
    this.#options = {
      highMemory: 0.85,
      criticalMemory: 0.95,
      maxEventLoopDelayMs: 250,
      sampleMs: 1000,
      samples: 3,
      ...given,
    }
    this.#sample = sample ?? sampleProcess
    this.#relief = relief
    this.#clock = clock
    this.#isIdle = isIdle
    this.#due = clock.alarm(() => this.#look())
  }

  /** Whether starts are to be refused. */
  get isHigh(): boolean {
    return this.#isHigh
  }

  /** Watches from now on, until nothing is left to watch for. */
  watch(): void {
    if (this.#due.at === Number.POSITIVE_INFINITY) this.#due.setIn(this.#options.sampleMs)
  }

  stop(): void {
    this.#due.clear()
    loopDelay.disable()
  }

  #look(): void {
    const { highMemory, criticalMemory, maxEventLoopDelayMs, samples, sampleMs } = this.#options
    const { memory, eventLoopDelayMs } = this.#sample()
    this.#highSamples =
      memory > highMemory || eventLoopDelayMs > maxEventLoopDelayMs ? this.#highSamples + 1 : 0
    this.#shortSamples = memory > highMemory ? this.#shortSamples + 1 : 0
    this.#criticalSamples = memory > criticalMemory ? this.#criticalSamples + 1 : 0

    const wasHigh = this.#isHigh
    this.#isHigh = this.#highSamples >= samples
    if (this.#isHigh || wasHigh) this.#relief.high(this.#isHigh)
    if (this.#shortSamples >= samples) this.#relief.short()
    if (this.#criticalSamples >= samples && this.#clock.now() - this.#droppedAt >= DROP_EVERY_MS) {
      this.#droppedAt = this.#clock.now()
      this.#relief.critical()
    }
    if (this.#isHigh || !this.#isIdle()) this.#due.setIn(sampleMs)
  }
}

const RESOLUTION_MS = 20
const loopDelay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })

function sampleProcess(): PressureSample {
  loopDelay.enable()
  const { used_heap_size: heap, heap_size_limit: heapLimit } = getHeapStatistics()
  // 0: there is no cgroup; a number near 2 ** 64: there is one without a limit.
  const constrained = process.constrainedMemory()
  const rss =
    constrained > 0 && constrained < Number.MAX_SAFE_INTEGER ? process.memoryUsage.rss() / constrained : 0
  // The monitor's own timer is in it.
  const eventLoopDelayMs = Number.isNaN(loopDelay.mean)
    ? 0
    : Math.max(0, loopDelay.mean / 1e6 - RESOLUTION_MS)
  loopDelay.reset()
  return { memory: Math.max(heap / heapLimit, rss), eventLoopDelayMs }
}
