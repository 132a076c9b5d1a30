import type { LabSettingsStore } from '../store/lab-settings.ts'
import type { Runs } from './runs.ts'

/** Options of {@link Killing}. */
export interface KillingOptions {
  readonly lab: LabSettingsStore
  readonly runs: Runs
  /** Ends this process, without a good-bye. */
  readonly kill: () => void
}

/**
 * Kills the instance that writes a visitor's answer: whichever of several is asked, each looks whether it is the one
 * that is meant. It takes the answers of other visitors with it, as a crash does.
 */
export class Killing {
  readonly #options: KillingOptions
  readonly #unsubscribe: () => void

  constructor(options: KillingOptions) {
    this.#options = options
    this.#unsubscribe = options.lab.onChange(() => this.#look())
  }

  /** Asks for it. If no answer of this visitor runs, it is the instance that got the request. */
  request(visitor: string, isRunningAnywhere: boolean): void {
    if (isRunningAnywhere) this.#options.lab.kill(visitor)
    else this.#options.kill()
  }

  close(): void {
    this.#unsubscribe()
  }

  /** Meant is who has something running from before it was asked for: not who took it over from the one that died. */
  #look(): void {
    const { lab, runs, kill } = this.#options
    const isMeant = runs.running().some(({ owner, startedAt }) => {
      const { killAt } = lab.get(owner)
      return killAt !== null && startedAt <= killAt
    })
    if (isMeant) kill()
  }
}
