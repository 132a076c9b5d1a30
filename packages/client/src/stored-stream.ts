import type { StreamSession } from './session/stream-session.ts'
import type { OpenRequest, StartRequest } from './transport.ts'

/**
 * A storage in which a client remembers the streams that run, so that a reload finds them again. `sessionStorage` and
 * `localStorage` are such (WHATWG HTML, "the Storage interface"). If it throws (full, or forbidden), nothing is
 * remembered.
 */
export interface StreamStorage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

/** The storage, looked up when it is needed. */
export type StorageSource = () => StreamStorage | null

/**
 * How old a stored start may be, in milliseconds, before a page no longer sends it: nobody waits for that answer any
 * more, and the server may have forgotten its key, so that it would generate a second one.
 */
const START_EXPIRES_MS = 300_000

/** The stored record of a stream: its start, or its name and id. */
export type Entry = StartRequest | { readonly name: string; readonly streamId: string }

/** The storage entry of one stream: its id, or before there is one, the start that will find it. */
export class StoredStream {
  readonly #storage: StorageSource
  readonly #key: string
  /** The entry as it was last written or read here. If another session has written since, its entry stays. */
  #own: string | null = null

  constructor(storage: StorageSource, name: string) {
    this.#storage = storage
    this.#key = `sluice:${name}`
  }

  /** The request that finds the stream; `undefined` if there is no entry, or none that is valid. */
  read(name: string): OpenRequest | undefined {
    return this.#attempt((storage) => {
      this.#own = storage.getItem(this.#key)
      const { name: found, streamId, input, idempotencyKey, thread, at } = JSON.parse(this.#own!)
      if (found !== name) return undefined
      if (isText(streamId)) return { kind: 'resume', name, streamId, lastChunkId: 0 }
      return isText(input) && isText(idempotencyKey) && Date.now() - at < START_EXPIRES_MS
        ? { kind: 'start', name, input, idempotencyKey, thread }
        : undefined
    })
  }

  /** Remembers it, in place of any other entry. */
  write(entry: Entry): void {
    this.#attempt((storage) => {
      // First, so that the old entry is gone too if the new one does not fit.
      storage.removeItem(this.#key)
      this.#own = null
      const text = JSON.stringify('input' in entry ? { ...entry, at: Date.now() } : entry)
      storage.setItem(this.#key, text)
      this.#own = text
    })
  }

  forget(): void {
    this.#attempt((storage) => storage.removeItem(this.#key))
  }

  /** Follows a session: the start becomes the id, and the entry goes when the stream has ended. */
  follow(session: StreamSession<unknown> & { readonly mayRun: boolean }, name: string): void {
    const isOwn = () => this.#attempt((storage) => storage.getItem(this.#key)) === this.#own
    let known = session.streamId
    const update = () => {
      const { streamId } = session
      if (streamId === known) return
      known = streamId
      if (isOwn()) this.write({ name, streamId: known! })
    }
    session.subscribe(update)
    void session.done.then(() => {
      // A start that is delivered after its viewer has left has its id only now.
      update()
      if (!session.mayRun && isOwn()) this.forget()
    })
  }

  #attempt<T>(act: (storage: StreamStorage) => T): T | undefined {
    try {
      const storage = this.#storage()
      return storage ? act(storage) : undefined
    } catch {
      // Nothing is remembered; the stream itself does not need it.
      return undefined
    }
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
