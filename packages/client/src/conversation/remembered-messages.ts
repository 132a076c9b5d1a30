import type { StreamClient } from '../client.ts'
import type { Message, StoredMessage } from './message.ts'

/**
 * The messages of a conversation in its client's storage, so that a reload shows them. If the storage is full or
 * forbidden, they are in memory only.
 */
export class RememberedMessages<D> {
  readonly #client: Pick<StreamClient, 'storage'>
  readonly #key: string

  /** `place` is the conversation's name in that storage. */
  constructor(client: Pick<StreamClient, 'storage'>, place: string) {
    this.#client = client
    this.#key = `sluice:${place}:messages`
  }

  read(): readonly StoredMessage<D>[] {
    try {
      return JSON.parse(this.#client.storage?.getItem(this.#key) ?? '[]')
    } catch {
      return []
    }
  }

  write(messages: readonly Message<D>[]): void {
    try {
      this.#client.storage?.setItem(this.#key, JSON.stringify(messages))
    } catch {
      // The messages are on the page all the same.
    }
  }
}
