/** How channels are subscribed to on the connection that there is now. */
export interface Subscriptions {
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
}

type Listener = (message: string) => void

interface Channel {
  readonly listeners: Set<Listener>
  readonly hear: Listener
  isSubscribed: boolean
  /** Resolves when it is as it was last wanted to be. */
  settled: Promise<unknown>
}

/**
 * The listeners of each channel. A channel is subscribed to once, however many listen, and its steps follow each other: a
 * viewer that leaves and comes back at once must not have its subscription undone by the answer to the first step.
 */
export class Channels {
  readonly #subscriptions: Subscriptions
  readonly #byName = new Map<string, Channel>()

  constructor(subscriptions: Subscriptions) {
    this.#subscriptions = subscriptions
  }

  get names(): IterableIterator<string> {
    return this.#byName.keys()
  }

  /** Resolves once messages arrive. */
  listen(name: string, listener: Listener): Promise<unknown> {
    let channel = this.#byName.get(name)
    if (channel === undefined) {
      const listeners = new Set<Listener>()
      const hear = (message: string): void => {
        for (const each of listeners) each(message)
      }
      channel = { listeners, hear, isSubscribed: false, settled: Promise.resolve() }
      this.#byName.set(name, channel)
    }
    channel.listeners.add(listener)
    return this.#settle(name, channel)
  }

  unlisten(name: string, listener: Listener): Promise<unknown> {
    const channel = this.#byName.get(name)
    if (channel === undefined) return Promise.resolve()
    channel.listeners.delete(listener)
    return this.#settle(name, channel)
  }

  /** The connection is another one, that knows of nothing. */
  resubscribe(): void {
    for (const [name, channel] of this.#byName) {
      channel.isSubscribed = false
      this.#settle(name, channel).catch(() => {
        // A connection that broke off subscribes by itself when it is back.
      })
    }
  }

  clear(): void {
    this.#byName.clear()
  }

  #settle(name: string, channel: Channel): Promise<unknown> {
    const step = async (): Promise<void> => {
      const isWanted = channel.listeners.size > 0
      if (isWanted && !channel.isSubscribed) {
        channel.isSubscribed = true
        await this.#subscriptions.subscribe(name, channel.hear)
      } else if (!isWanted && channel.isSubscribed) {
        channel.isSubscribed = false
        await this.#subscriptions.unsubscribe(name)
      }
      // If it is to be unsubscribed next, a subscriber that comes meanwhile must queue behind that.
      const isIdle = channel.listeners.size === 0 && !channel.isSubscribed
      if (isIdle && this.#byName.get(name) === channel) this.#byName.delete(name)
    }
    channel.settled = channel.settled.then(step, step)
    return channel.settled
  }
}
