import type { Writable } from 'node:stream'
import type { Clock } from '@sluice/core/server'

/**
 * Responses that have ended, and of which not all has left the process. A server that closes takes their connections for
 * idle and cuts them (Node's `closeIdleConnections`), so it has to wait.
 */
export class Departures {
  readonly #responses = new Set<Writable>()
  #onOver: () => void = () => {}

  /** Remembers a response that has ended, until it has left or its connection is gone. */
  add(response: Writable): void {
    this.#responses.add(response)
    response.once('close', () => {
      this.#responses.delete(response)
      if (this.#responses.size === 0) this.#onOver()
    })
  }

  /** Resolves when there are none, or after `deadlineMs`. */
  async over(clock: Clock, deadlineMs: number): Promise<void> {
    if (this.#responses.size === 0 || deadlineMs <= 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const deadline = clock.alarm(resolve)
    deadline.setIn(deadlineMs)
    this.#onOver = resolve
    await promise
    deadline.clear()
  }
}
