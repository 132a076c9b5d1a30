import { setTimeout as wait } from 'node:timers/promises'
import type { OpenAI } from 'openai'
import { Backoff, type RetryPolicy } from '../backoff.ts'
import { StreamingError } from '../errors.ts'
import { type Fields, fieldsOf, textOf } from '../provider/fields.ts'
import { openWire, type StreamCall, type Wire } from '../provider/wire.ts'
import { cancelResponse } from './cancel-response.ts'
import { mayPass, openaiError } from './errors.ts'

type ResponseParams = Omit<OpenAI.Responses.ResponseCreateParamsStreaming, 'stream'>

/** The options of a {@link ProviderResponse}. */
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

const TERMINAL: ReadonlySet<unknown> = new Set<
  OpenAI.Responses.ResponseStreamEvent['type'] | 'response.cancelled'
>(['response.cancelled', 'response.completed', 'response.incomplete', 'response.failed', 'error'])

/**
 * One response at the provider. In background mode it outlives its connections: a new one continues after the last
 * event of the previous one, and it has to be cancelled when nobody wants it any more, because hanging up does not
 * stop it.
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
  /** Whether each number was higher than the one before: only then is a number a place to go on from. */
  #isNumbered = true
  #terminal: Fields | undefined
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
   * Asks for the response, and yields its events, each once and in order, the terminal one last. `undefined` is a sign
   * of life: a comment, a `keepalive`, or what is no event. Called once. When it has ended, by itself or because its
   * reader left, nothing of it is left: no connection, no timer.
   */
  async *events(): AsyncGenerator<Fields | undefined, void, void> {
    this.#signal?.addEventListener('abort', this.#hangUp)
    try {
      let first: StreamingError | undefined
      for (;;) {
        this.#assertWanted()
        let failure: StreamingError
        try {
          for await (const event of this.#listen()) {
            if (event !== undefined) {
              first = undefined
              this.#backoff.succeeded()
            }
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
  async *#listen(): AsyncGenerator<Fields | undefined, void, void> {
    const connection = new AbortController()
    this.#connection = connection
    // Numbers tell a repetition only on a connection that goes on with another: some servers have the same in each event.
    const known = this.#last
    let isJoined = known < 0
    let wire: Wire | undefined
    try {
      wire = await openWire(this.#connect(connection.signal))
      for (;;) {
        const items = await wire.read()
        if (items === undefined) break
        for (const item of items) {
          if (this.#terminal !== undefined) continue
          const event = eventOf(item)
          const number = numberOf(event)
          if (event === undefined || this.#isKeepalive(event, number)) {
            yield undefined
            continue
          }
          if (number !== undefined && number <= known) continue
          if (!isJoined && number !== undefined && number > this.#highest + 1)
            throw new StreamingError('resume_expired')
          isJoined = true
          this.#take(event, number)
          if (this.#terminal !== undefined) wire.endWithin(END_OF_BODY_MS)
          else if (this.#signal?.aborted) return
          else yield event
        }
      }
    } catch (error) {
      // After the terminal event nothing is missing.
      if (this.#terminal === undefined) throw error
    } finally {
      wire?.release(false)
      connection.abort()
    }
    if (this.#terminal !== undefined) yield this.#terminal
  }

  #connect(signal: AbortSignal): StreamCall {
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

  #isKeepalive({ type }: Fields, number: number | undefined): boolean {
    // OpenAI sends these while a model thinks, numbered, and its own types do not know them. Whether the number is the
    // response's or the connection's is not written anywhere, so it does not move the place to resume from.
    if (type !== 'keepalive') return false
    if (number !== undefined) this.#highest = Math.max(this.#highest, number)
    return true
  }

  #take(event: Fields, number: number | undefined): void {
    if (number !== undefined) {
      this.#isNumbered &&= number > this.#last
      this.#last = Math.max(this.#last, number)
      this.#highest = Math.max(this.#highest, this.#last)
    }
    const id = textOf(fieldsOf(event.response)?.id)
    if (this.#id === undefined && id !== undefined) {
      this.#id = id
      if (this.#outlivesConnections) this.#saveCheckpoint?.(id)
    }
    if (TERMINAL.has(event.type)) this.#terminal = event
  }

  /** Waits for the next try, if there is one. @throws {StreamingError} `first` if there is none. */
  async #beforeResumption(failure: StreamingError, first: StreamingError): Promise<void> {
    const isStored = this.#outlivesConnections && this.#params.store !== false
    const isFromAnother = this.#last < 0 && this.#id !== undefined && this.#id === this.#checkpoint
    const hasPlace = this.#id !== undefined && this.#isNumbered && (this.#last >= 0 || isFromAnother)
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

/**
 * An event out of what the wire has read. A response in place of a stream is its last event. `undefined`: it is none.
 * @throws {StreamingError} for a chunk that is not JSON, and for an error that is no event
 */
function eventOf(item: unknown): Fields | undefined {
  if (item instanceof StreamingError) throw item
  const event = fieldsOf(item)
  if (event === undefined || typeof event.type === 'string') return event
  if (event.object === 'response') return { type: `response.${event.status}`, response: event }
  const { error } = event
  if (error === undefined || error === null) return undefined
  throw openaiError(fieldsOf(error) ?? { message: error })
}

function numberOf(event: Fields | undefined): number | undefined {
  return typeof event?.sequence_number === 'number' ? event.sequence_number : undefined
}
