import type { EventOf, InputOf, RetryPolicy, StreamShapes } from '@sluice/core'
import { createKey } from './key.ts'
import { Session } from './session.ts'
import type { SessionSettings } from './session-options.ts'
import type { Kept } from './snapshot.ts'
import type { StreamSession } from './stream-session.ts'
import type { Transport } from './transport.ts'
import { Turns } from './turns.ts'

/** Options of {@link createClient}. */
export interface ClientOptions {
  /** {@link sse | sse({ url })}, or one of your own. */
  readonly transport: Transport
  /**
   * How often, and how patiently, an interrupted session tries again. Here `maxRetries` and `maxElapsedMs` count
   * from the last event that came, not from the first failure: a connection that flaps but makes progress is
   * never given up.
   * @default baseMs 500, capMs 15_000, maxElapsedMs 300_000, stableMs 10_000
   */
  readonly retry?: Partial<RetryPolicy>
  /**
   * How many events may wait for a slow `for await` before the body is not read any further. What a single read
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
}

/** Options of `client.start`. */
export interface StartOptions {
  /**
   * 128 random bits or more, base64url (`[A-Za-z0-9_-]`, at least 22 characters). The same key and input find the
   * same stream again; keep it, and even a reload before the first byte starts nothing twice.
   * @default made afresh
   */
  readonly idempotencyKey?: string | undefined
  /** Detaches when it is aborted; the generation goes on. */
  readonly signal?: AbortSignal | undefined
}

/** Options of `client.attach`: where to begin to read. */
export type AttachOptions = { readonly signal?: AbortSignal | undefined } & (
  | { readonly lastChunkId?: never; readonly text?: never }
  | Kept
)

/** Starts streams and finds them again; typed with the server's definitions. */
export interface StreamClient<S extends StreamShapes = StreamShapes> {
  /**
   * Starts a generation, exactly one, whatever the network does. The session is there at once.
   * @throws {TypeError} where `input` is not JSON.
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
    turns: new Turns(options.transport.maxReadings ?? Number.POSITIVE_INFINITY),
  }
  return {
    start(name, input, { idempotencyKey = createKey(), signal } = {}) {
      return new Session(settings, {
        first: { kind: 'start', name, input: toJson(input), idempotencyKey },
        signal,
      })
    },
    attach(name, streamId, { signal, ...from } = {}) {
      return new Session(settings, {
        first: { kind: 'resume', name, streamId, lastChunkId: from.lastChunkId ?? 0 },
        from: from.lastChunkId === undefined ? undefined : from,
        signal,
      })
    },
  }
}

function toJson(input: unknown): string {
  const json: string | undefined = JSON.stringify(input)
  if (json === undefined) throw new TypeError('The input of a stream must be a JSON value.')
  return json
}
