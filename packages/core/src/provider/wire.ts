import { createParser, type EventSourceParser } from 'eventsource-parser'
import { StreamingError } from '../errors.ts'
import { malformedChunk } from './malformed-chunk.ts'

/** Stands for `data: [DONE]`, by which OpenAI's wire says that the body is at its end. */
export const DONE: unique symbol = Symbol('[DONE]')

/** Stands for a comment. Gateways send them while a model thinks: they say that the provider is alive. */
export const COMMENT: unique symbol = Symbol('comment')

/** The longest event, and the longest answer that is no stream, in UTF-16 units. */
const MAX_LENGTH = 2 ** 24

/** How long the end of the body may follow `[DONE]`; read to its end, the connection can be used again. */
const DRAIN_MS = 1_000

/** The messages of a provider, in the order of their arrival. */
export interface Wire {
  /**
   * Resolves with the messages since the last call: JSON values, {@link DONE}, {@link COMMENT}, and a
   * {@link StreamingError} in the place of a chunk that is not JSON. `undefined` at the end of the body.
   */
  read(): Promise<readonly unknown[] | undefined>
  /** Takes the body for ended unless something comes within this many milliseconds. `undefined` waits without a bound. */
  endWithin(ms: number | undefined): void
  /** Closes the connection, or, if nothing but its end is missing, reads that first. */
  release(isWhole: boolean): void
}

/** The return value of a call of the `openai` client: a promise that can also give the HTTP response. */
export interface StreamCall extends PromiseLike<AsyncIterable<unknown>> {
  readonly asResponse?: () => Promise<Response>
}

/**
 * The wire of a call that streams. The body is read here, not by the client: only so can `[DONE]` be told from a
 * connection that broke off, and only so is an answer taken that is JSON and no stream. A client that gives chunks and
 * no response (one that is wrapped to be observed, or made for a test) is read as it is.
 */
export async function openWire(call: StreamCall): Promise<Wire> {
  if (typeof call.asResponse !== 'function') return new IteratedWire(await call)
  return new BodyWire(await call.asResponse())
}

/** The error of a source that was asked to stop. */
export function closed({ reason }: AbortSignal): StreamingError {
  return new StreamingError('connection_closed', undefined, { cause: reason })
}

/** The body of an HTTP response: an event stream (WHATWG HTML §9.2), or a whole JSON text. */
class BodyWire implements Wire {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #decoder = new TextDecoder()
  readonly #parser: EventSourceParser
  #items: unknown[] = []
  #chunks = 0
  /** Text that is no event stream; `undefined` if it is one. */
  #whole: string | undefined = ''
  /** The last bytes as text: `[DONE]` may come without the blank line that ends an event. */
  #tail = ''
  #hasEnded = false
  #deadline: NodeJS.Timeout | undefined

  constructor({ body }: Response) {
    if (body === null) throw new StreamingError('connection_lost', 'The provider’s answer has no body.')
    this.#reader = body.getReader()
    this.#parser = createParser({
      maxBufferSize: MAX_LENGTH,
      onEvent: ({ event, data }) => this.#takeEvent(event, data),
      onComment: () => this.#items.push(COMMENT),
      onError: ({ type }) => {
        if (type === 'max-buffer-size-exceeded') throw malformedChunk(this.#chunks + 1, 'is too long', '')
      },
    })
  }

  async read(): Promise<readonly unknown[] | undefined> {
    while (!this.#hasEnded) {
      const { value, done } = await this.#reader.read()
      this.#hasEnded = done
      const text = done ? this.#decoder.decode() : this.#decoder.decode(value, { stream: true })
      if (this.#whole === undefined) this.#feed(text)
      else this.#sniff(this.#whole + text)
      if (done) this.#end()
      if (this.#items.length === 0) continue
      const items = this.#items
      this.#items = []
      return items
    }
    return undefined
  }

  endWithin(ms: number | undefined): void {
    clearTimeout(this.#deadline)
    this.#deadline = ms === undefined ? undefined : setTimeout(() => this.#close(), ms)
  }

  release(isWhole: boolean): void {
    if (isWhole && !this.#hasEnded) void this.#drain()
    else this.#close()
  }

  #takeEvent(event: string | undefined, data: string): void {
    this.#chunks += 1
    if (data === '[DONE]') {
      this.#items.push(DONE)
      return
    }
    try {
      const value: unknown = JSON.parse(data)
      this.#items.push(event === 'error' ? asError(value) : value)
    } catch {
      this.#items.push(
        event === 'error' ? { error: data } : malformedChunk(this.#chunks, 'is not JSON', data),
      )
    }
  }

  #feed(text: string): void {
    this.#tail = text.length < 32 ? (this.#tail + text).slice(-32) : text.slice(-32)
    this.#parser.feed(text)
  }

  /** The first character tells: no line of an event stream begins with a brace, a bracket or a tag. */
  #sniff(text: string): void {
    const first = text.trimStart()[0]
    if (first === undefined || !'{[<'.includes(first)) {
      this.#whole = first === undefined ? text : undefined
      if (first !== undefined) this.#feed(text)
      return
    }
    if (text.length > MAX_LENGTH) throw malformedChunk(1, 'is too long', text)
    this.#whole = text
  }

  #end(): void {
    const whole = this.#whole?.trim()
    if (whole === undefined) {
      if (/(?:^|[\r\n])data: ?\[DONE\]\s*$/.test(this.#tail)) this.#items.push(DONE)
    } else if (whole !== '') this.#items.push(...wholeAnswer(whole))
  }

  async #drain(): Promise<void> {
    this.endWithin(DRAIN_MS)
    this.#deadline?.unref()
    try {
      while (!(await this.#reader.read()).done);
    } catch {
      // The answer was whole; how the connection ended does not matter.
    } finally {
      clearTimeout(this.#deadline)
    }
  }

  #close(): void {
    clearTimeout(this.#deadline)
    // A body that failed rejects here as well, with what `read()` has thrown already.
    this.#reader.cancel().catch(() => {})
  }
}

/** The chunks of a client that shows no response. That they end without an error has to do for `[DONE]`. */
class IteratedWire implements Wire {
  readonly #iterator: AsyncIterator<unknown>
  #deadline: NodeJS.Timeout | undefined
  #wake: (() => void) | undefined
  #hasEnded = false

  constructor(chunks: AsyncIterable<unknown>) {
    this.#iterator = chunks[Symbol.asyncIterator]()
  }

  read(): Promise<readonly unknown[] | undefined> {
    if (this.#hasEnded) return Promise.resolve(undefined)
    return new Promise((resolve, reject) => {
      this.#wake = () => resolve(undefined)
      this.#iterator.next().then(({ value, done }) => {
        this.#hasEnded ||= done === true
        resolve([done === true ? DONE : value])
      }, reject)
    })
  }

  endWithin(ms: number | undefined): void {
    clearTimeout(this.#deadline)
    this.#deadline = ms === undefined ? undefined : setTimeout(() => this.#close(), ms)
  }

  release(): void {
    this.#close()
  }

  #close(): void {
    clearTimeout(this.#deadline)
    this.#hasEnded = true
    this.#wake?.()
    // It may wait for a chunk that never comes; nobody waits for it.
    this.#iterator.return?.().catch(() => {})
  }
}

/** An event that is named `error` is one, in whatever form its data is. */
function asError(data: unknown): unknown {
  const isKnown = typeof data === 'object' && data !== null && ('error' in data || 'type' in data)
  return isKnown ? data : { error: data }
}

/** The messages of a body that is no event stream, although the status is 200. */
function wholeAnswer(text: string): readonly unknown[] {
  if (text.startsWith('<')) {
    const message = 'The provider answered with a page and not with a stream: its address may be wrong.'
    return [
      new StreamingError('api_error', message, {
        recoverable: false,
        cause: malformedChunk(1, 'is HTML', text).cause,
      }),
    ]
  }
  try {
    const value: unknown = JSON.parse(text)
    return [Array.isArray(value) ? value[0] : value, DONE]
  } catch {
    const { message, cause } = malformedChunk(1, 'is JSON that breaks off', text)
    return [new StreamingError('connection_lost', message, { cause })]
  }
}
