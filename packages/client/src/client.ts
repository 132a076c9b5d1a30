import type { EventOf, InputOf, RetryPolicy, StreamEvent, StreamShapes } from '@sluice/core'
import { Session } from './session/session.ts'
import type { SessionOptions, SessionSettings } from './session/session-options.ts'
import type { StreamSession } from './session/stream-session.ts'
import type { Kept } from './snapshot.ts'
import { type Entry, StoredStream, type StreamStorage } from './stored-stream.ts'
import type { Transport } from './transport.ts'

/** Options of {@link createClient}. */
export interface ClientOptions {
  /** How it reaches the server: `sse({ … })`, `ws({ … })`, or a `Transport` of your own. */
  readonly transport: Transport
  /**
   * How often, and how patiently, an interrupted session tries again. Here `maxRetries` and `maxElapsedMs` count
   * from the last event that came, not from the first failure: a connection that flaps but makes progress is
   * never given up.
   * @default baseMs 500, capMs 15_000, maxElapsedMs 300_000, stableMs 10_000
   */
  readonly retry?: Partial<RetryPolicy>
  /**
   * How many events may wait for a slow `for await` before the session stops reading. The events that a single read
   * brought comes on top.
   * @default 256
   */
  readonly queueLimit?: number
  /**
   * How long a connection that is being read may be silent before it counts as dead, in milliseconds. More than
   * the server's heartbeat (15 s by default) by a margin.
   * @default 40_000
   */
  readonly silenceMs?: number
  /**
   * How long the answer to a start may take, the sending of its input included, in milliseconds.
   * @default 120_000
   */
  readonly startMs?: number
  /**
   * The storage of the running streams, so that {@link StreamClient.resume} finds them after a reload. `null`:
   * nowhere.
   * @default the page's sessionStorage; none outside of a page
   */
  readonly storage?: StreamStorage | null
}

/** Options of `client.start`. */
export interface StartOptions {
  /**
   * 128 random bits or more, base64url (`[A-Za-z0-9_-]`, at least 22 characters). The same key and input find the
   * same stream again; keep it, and even a reload before the first byte starts nothing twice.
   * @default made afresh
   */
  readonly idempotencyKey?: string | undefined
  /**
   * The conversation that the stream is a part of: 1 to 128 printable ASCII characters without spaces. It belongs to the
   * visitor, and `client.attach(name, { thread })` finds what runs in it from any device.
   */
  readonly thread?: string | undefined
  /**
   * Under what name the client's storage remembers it while it runs; `false`: not at all. Of two at once under one
   * name, the later is remembered.
   * @default the stream's name
   */
  readonly rememberAs?: string | false | undefined
  /** Detaches when it is aborted; the generation goes on. */
  readonly signal?: AbortSignal | undefined
}

/** Options of `client.attach`: the place to begin to read at. */
export type AttachOptions = {
  /** As for a start. @default false */
  readonly rememberAs?: string | false | undefined
  /** Detaches when it is aborted; the generation goes on. */
  readonly signal?: AbortSignal | undefined
} & ({ readonly lastChunkId?: never; readonly text?: never } | Kept)

/** Options of `client.attach` for a thread. */
export interface AttachThreadOptions {
  /** The conversation that the streams were started with. */
  readonly thread: string
  /** Detaches when it is aborted; the generation goes on. */
  readonly signal?: AbortSignal | undefined
}

/** Options of `client.resume`. */
export interface ResumeOptions {
  /** The name that it was remembered under. @default the stream's name */
  readonly rememberAs?: string | undefined
  /** Detaches when it is aborted; the generation goes on. */
  readonly signal?: AbortSignal | undefined
}

/** Starts streams and finds them again; typed with the server's definitions. */
export interface StreamClient<S extends StreamShapes = StreamShapes> {
  /**
   * Starts a generation, exactly one, whatever the network does. The session is there at once.
   * @throws {TypeError} if `input` is not JSON.
   */
  start<N extends keyof S & string>(
    name: N,
    input: InputOf<S[N]>,
    options?: StartOptions,
  ): StreamSession<EventOf<S[N]>>
  /** Follows a stream that exists: from its beginning, or from what was kept of it. */
  attach<N extends keyof S & string>(
    name: N,
    streamId: string,
    options?: AttachOptions,
  ): StreamSession<EventOf<S[N]>>
  /**
   * Follows the stream that runs in a thread, from its beginning: the newest, if several run. If none runs, the session
   * ends with the error `not_found`.
   */
  attach<N extends keyof S & string>(name: N, options: AttachThreadOptions): StreamSession<EventOf<S[N]>>
  /**
   * Goes on with the stream that the storage remembers, from its beginning, because the text died with the page:
   * by its id, or, if the page was left before there was one, by the same key and input, which start nothing twice.
   * @returns `undefined` if none is stored: it has ended, or there never was one.
   */
  resume<N extends keyof S & string>(
    name: N,
    options?: ResumeOptions,
  ): StreamSession<EventOf<S[N]>> | undefined
  /** The storage in which it remembers; `null` if there is none, or the page may not use it. */
  readonly storage: StreamStorage | null
  /**
   * No longer remembers the stream under this name, nor the messages of a conversation: that of the definition `chat` with
   * the id `42` is `chat/42`. The stream goes on, and so do its sessions. Call it when somebody signs out.
   */
  forget(rememberedAs: string): void
}

/**
 * A client for the streams of one server.
 *
 * @example
 * const client = createClient<typeof streams>({ transport: sse({ url: '/streams' }) })
 * for await (const text of client.start('chat', { messages }).text()) view.textContent = text
 */
export function createClient<S extends StreamShapes = StreamShapes>(options: ClientOptions): StreamClient<S> {
  const settings: SessionSettings = {
    retry: {},
    queueLimit: 256,
    silenceMs: 40_000,
    startMs: 120_000,
    ...options,
  }
  const storage = () => {
    try {
      // Even the access to it may throw.
      return (options.storage === undefined ? globalThis.window?.sessionStorage : options.storage) ?? null
    } catch {
      return null
    }
  }

  function remember(as: string | false, entry: Entry): StoredStream | undefined {
    if (as === false) return undefined
    const stored = new StoredStream(storage, as)
    stored.write(entry)
    return stored
  }

  function open<E extends StreamEvent>(opened: SessionOptions, stored?: StoredStream): Session<E> {
    const session = new Session<E>(settings, opened)
    stored?.follow(session, opened.first.name)
    return session
  }

  return {
    start(name, input, { idempotencyKey, thread, rememberAs = name, signal } = {}) {
      const isStored = idempotencyKey !== undefined
      const key = idempotencyKey ?? createKey()
      const first = { kind: 'start', name, input: toJson(input), idempotencyKey: key, thread } as const
      // A start that was aborted before it began is neither sent nor remembered.
      return open({ first, isStored, signal }, signal?.aborted ? undefined : remember(rememberAs, first))
    },
    attach<N extends keyof S & string>(
      name: N,
      of: string | AttachThreadOptions,
      { rememberAs = false, signal, ...kept }: AttachOptions = {},
    ): StreamSession<EventOf<S[N]>> {
      if (typeof of !== 'string') {
        return open({
          first: { kind: 'latest', name, thread: of.thread },
          signal: of.signal,
        })
      }
      const streamId = of
      const { lastChunkId = 0 } = kept
      const first = { kind: 'resume', name, streamId, lastChunkId } as const
      return open({ first, from: kept, signal }, remember(rememberAs, { name, streamId }))
    },
    resume(name, { rememberAs = name, signal } = {}) {
      const stored = new StoredStream(storage, rememberAs)
      const first = stored.read(name)
      return first && open({ first, isStored: true, signal }, stored)
    },
    get storage() {
      return storage()
    },
    forget(rememberedAs) {
      for (const name of [rememberedAs, `${rememberedAs}:messages`]) new StoredStream(storage, name).forget()
    },
  }
}

function toJson(input: unknown): string {
  const json: string | undefined = JSON.stringify(input)
  if (json === undefined) throw new TypeError('The input must be a JSON value.')
  return json
}

/** A fresh idempotency key: 128 random bits, in hexadecimal. */
export function createKey(): string {
  // Not `randomUUID`: browsers have it in secure contexts only, and it has six random bits less.
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
