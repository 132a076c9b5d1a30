import { setTimeout as wait } from 'node:timers/promises'
import type { OpenAI } from 'openai'
import { Backoff, type RetryPolicy } from '../backoff.ts'
import { StreamingError } from '../errors.ts'
import { cancelResponse } from './cancel-response.ts'
import { mayPass, openaiError } from './errors.ts'

type ResponseEvent = OpenAI.Responses.ResponseStreamEvent
type ResponseParams = Omit<OpenAI.Responses.ResponseCreateParamsStreaming, 'stream'>

/** What a {@link ProviderResponse} is made of. */
export interface ProviderResponseOptions {
  readonly client: Pick<OpenAI, 'responses'>
  readonly params: ResponseParams
  readonly signal?: AbortSignal | undefined
  readonly resume?: Partial<RetryPolicy> | undefined
  readonly cancelTimeoutMs?: number | undefined
  /** The id of a background response that is there already. */
  readonly checkpoint?: string | undefined
  readonly saveCheckpoint?: ((checkpoint: string) => void) | undefined
}

/** Together with the cancel that follows, shorter than the 30 s after which a run takes its provider for silent. */
const RESUME_DEFAULTS: Partial<RetryPolicy> = {
  baseMs: 250,
  capMs: 4_000,
  maxRetries: 8,
  maxElapsedMs: 20_000,
  stableMs: 5_000,
}
const CANCEL_TIMEOUT_MS = 5_000
/** How long the end of the body may follow the last event; read to its end, the connection can be used again. */
const END_OF_BODY_MS = 1_000

const TERMINAL: ReadonlySet<string> = new Set<ResponseEvent['type']>([
  'response.completed',
  'response.incomplete',
  'response.failed',
  'error',
])

/**
 * One response at the provider. In background mode it outlives its connections: a new one goes on where the last
 * broke off, and it has to be cancelled when nobody wants it any more, because hanging up does not stop it.
 */
export class ProviderResponse {
  readonly #client: Pick<OpenAI, 'responses'>
  readonly #params: ResponseParams
  readonly #signal: AbortSignal | undefined
  readonly #backoff: Backoff
  readonly #cancelTimeoutMs: number
  readonly #checkpoint: string | undefined
  readonly #saveCheckpoint: ((checkpoint: string) => void) | undefined
  #connection = new AbortController()
  #id: string | undefined
  /** The `sequence_number` of the last event that was taken; -1 before the first. */
  #last = -1
  /** The highest `sequence_number` that was seen, on a `keepalive` too. */
  #highest = -1
  #terminal: ResponseEvent | undefined
  #grace: NodeJS.Timeout | undefined
  #cancelling: Promise<void> | undefined

  constructor(options: ProviderResponseOptions) {
    this.#client = options.client
    this.#params = options.params
    this.#signal = options.signal
    this.#backoff = new Backoff({ ...RESUME_DEFAULTS, ...options.resume })
    this.#cancelTimeoutMs = options.cancelTimeoutMs ?? CANCEL_TIMEOUT_MS
    this.#saveCheckpoint = options.saveCheckpoint
    this.#checkpoint = this.#outlivesConnections ? options.checkpoint : undefined
    this.#id = this.#checkpoint
  }

  /**
   * Asks for the response, and yields its events, each once and in order, the terminal one last. Called once.
   * When it has ended, by itself or because its reader left, nothing of it is left: no connection, no timer.
   */
  async *events(): AsyncGenerator<ResponseEvent, void, void> {
    this.#signal?.addEventListener('abort', this.#hangUp)
    try {
      let first: StreamingError | undefined
      for (;;) {
        this.#assertWanted()
        let failure: StreamingError
        try {
          for await (const event of this.#listen()) {
            first = undefined
            this.#backoff.succeeded()
            yield event
          }
          if (this.#terminal !== undefined) return
          failure = new StreamingError('connection_lost', 'The provider’s answer broke off.')
        } catch (thrown) {
          failure = openaiError(thrown)
        }
        this.#assertWanted()
        // Why it broke off says more than why it could not be resumed, and decides whether a run asks anew.
        first ??= failure
        await this.#beforeResumption(failure, first)
      }
    } finally {
      this.#signal?.removeEventListener('abort', this.#hangUp)
      clearTimeout(this.#grace)
      await this.#cancel()
    }
  }

  /** The events of one connection that none before it has brought. */
  async *#listen(): AsyncGenerator<ResponseEvent, void, void> {
    const connection = new AbortController()
    this.#connection = connection
    let isJoined = this.#last < 0
    let endOfBody: NodeJS.Timeout | undefined
    try {
      for await (const event of await this.#connect(connection.signal)) {
        if (this.#terminal !== undefined || this.#isKnown(event)) continue
        if (!isJoined && event.sequence_number > this.#highest + 1) throw new StreamingError('resume_expired')
        isJoined = true
        this.#take(event)
        if (this.#terminal !== undefined) endOfBody = setTimeout(() => connection.abort(), END_OF_BODY_MS)
        else if (this.#signal?.aborted) return
        else yield event
      }
    } catch (error) {
      // After the terminal event nothing is missing.
      if (this.#terminal === undefined) throw error
    } finally {
      clearTimeout(endOfBody)
    }
    if (this.#terminal !== undefined) yield this.#terminal
  }

  async #connect(signal: AbortSignal): Promise<AsyncIterable<ResponseEvent>> {
    const { responses } = this.#client
    const options = { signal, maxRetries: 0 }
    if (this.#id === undefined) return responses.create({ ...this.#params, stream: true }, options)
    const obfuscation = this.#params.stream_options?.include_obfuscation
    return responses.retrieve(
      this.#id,
      {
        stream: true,
        ...(this.#last < 0 ? {} : { starting_after: this.#last }),
        ...(obfuscation === undefined ? {} : { include_obfuscation: obfuscation }),
      },
      options,
    )
  }

  #isKnown(event: ResponseEvent): boolean {
    // OpenAI sends these while a model thinks, numbered, and its own types do not know them. Whether the number is the
    // response's or the connection's is not written anywhere, so it does not move the place to resume from.
    const type: string = event.type
    if (type !== 'keepalive') return event.sequence_number <= this.#last
    if (event.sequence_number > this.#highest) this.#highest = event.sequence_number
    return true
  }

  #take(event: ResponseEvent): void {
    if (typeof event.sequence_number === 'number') {
      this.#last = event.sequence_number
      this.#highest = Math.max(this.#highest, this.#last)
    }
    if (this.#id === undefined && 'response' in event) {
      this.#id = event.response.id
      if (this.#outlivesConnections) this.#saveCheckpoint?.(this.#id)
    }
    if (TERMINAL.has(event.type)) this.#terminal = event
  }

  /** Waits for the next try, where there is one. @throws {StreamingError} `first` where there is none. */
  async #beforeResumption(failure: StreamingError, first: StreamingError): Promise<void> {
    const isStored = this.#outlivesConnections && this.#params.store !== false
    const isFromAnother = this.#last < 0 && this.#id !== undefined && this.#id === this.#checkpoint
    const hasPlace = this.#id !== undefined && (this.#last >= 0 || isFromAnother)
    const canResume = isStored && hasPlace && mayPass(failure)
    const retry = canResume ? this.#backoff.failed({ retryAfterMs: failure.retryAfterMs }) : undefined
    if (retry === undefined && isFromAnother) {
      // It is too old to be read, or gone. Nothing of it has been shown, so another one may take its place.
      this.#id = undefined
      return
    }
    if (retry === undefined) throw first
    try {
      await wait(retry.delayMs, undefined, { signal: this.#signal })
    } catch {
      // Only the signal ends it early, and that is looked at next.
    }
  }

  get #outlivesConnections(): boolean {
    return this.#params.background === true
  }

  readonly #hangUp = (): void => {
    if (this.#outlivesConnections && this.#id === undefined) {
      // Only the first event tells by what id the response can be cancelled: it is waited for, but not for ever.
      this.#grace = setTimeout(() => this.#connection.abort(), this.#cancelTimeoutMs)
      return
    }
    this.#connection.abort()
    void this.#cancel()
  }

  /** Cancels what may still run at the provider; after an `error` event nobody knows. It never rejects. */
  async #cancel(): Promise<void> {
    const hasEnded = this.#terminal !== undefined && this.#terminal.type !== 'error'
    if (!this.#outlivesConnections || this.#id === undefined || hasEnded || this.#isInherited) return
    this.#cancelling ??= cancelResponse(this.#client, this.#id, this.#cancelTimeoutMs)
    await this.#cancelling
  }

  /** Whether this process was taken for dead: then another one goes on with the response. */
  get #isInherited(): boolean {
    const reason: unknown = this.#signal?.reason
    return (
      this.#saveCheckpoint !== undefined &&
      reason instanceof StreamingError &&
      reason.type === 'producer_lost'
    )
  }

  #assertWanted(): void {
    if (!this.#signal?.aborted) return
    throw new StreamingError('connection_closed', undefined, { cause: this.#signal.reason })
  }
}
