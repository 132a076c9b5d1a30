import type { StreamSession } from './session/stream-session.ts'
import type { OpenRequest, StartRequest } from './transport.ts'

/**
 * Where a client remembers the streams that run, so that a reload finds them again. `sessionStorage` and
 * `localStorage` are such (WHATWG HTML, "the Storage interface"). What it throws counts as "nothing there": full,
 * or forbidden.
 */
export interface StreamStorage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

/** The storage, looked up when it is needed: merely to name it may throw. */
export type StorageSource = () => StreamStorage | null | undefined

/** What is remembered of a stream. */
export type Entry = StartRequest | { readonly name: string; readonly streamId: string }

/** The place where one stream is remembered: its id, or before there is one, the start that will find it. */
export class StoredStream {
  readonly #storage: StorageSource
  readonly #key: string
  /** What is here, if nobody else has written since: that is left alone. */
  #own: string | null = null

  constructor(storage: StorageSource, name: string) {
    this.#storage = storage
    this.#key = `sluice:${name}`
  }

  /** What there is to open; `undefined` where nothing is, or nothing that could be made out. */
  read(name: string): OpenRequest | undefined {
    return this.#attempt((storage) => {
      this.#own = storage.getItem(this.#key)
      const { name: found, streamId, input, idempotencyKey } = JSON.parse(this.#own!)
      if (found !== name) return undefined
      if (isText(streamId)) return { kind: 'resume', name, streamId, lastChunkId: 0 }
      return isText(input) && isText(idempotencyKey)
        ? { kind: 'start', name, input, idempotencyKey }
        : undefined
    })
  }

  /** Remembers it, in the place of whatever was. */
  write(entry: Entry): void {
    this.#attempt((storage) => {
      // First, so that it is gone too where the new one does not fit.
      storage.removeItem(this.#key)
      this.#own = null
      const text = JSON.stringify(entry)
      storage.setItem(this.#key, text)
      this.#own = text
    })
  }

  forget(): void {
    this.#attempt((storage) => storage.removeItem(this.#key))
  }

  /** Follows a session: its start becomes its id, and goes when the stream has ended. */
  follow(session: StreamSession<unknown>, name: string): void {
    const isOwn = () => this.#attempt((storage) => storage.getItem(this.#key)) === this.#own
    let isGivenUp = false
    session.watch(({ type }) => {
      isGivenUp ||= type === 'given_up'
    })
    let known = session.streamId
    session.subscribe(() => {
      const { streamId } = session
      if (streamId === known) return
      known = streamId
      if (isOwn()) this.write({ name, streamId: known! })
    })
    void session.done.then(({ detached }) => {
      // The page may only have lost sight of it.
      if (!detached && !isGivenUp && isOwn()) this.forget()
    })
  }

  #attempt<T>(act: (storage: StreamStorage) => T): T | undefined {
    try {
      const storage = this.#storage()
      return storage ? act(storage) : undefined
    } catch {
      // Then nothing is remembered; the stream itself does not need it.
      return undefined
    }
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
