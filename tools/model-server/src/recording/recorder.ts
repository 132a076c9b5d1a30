import { BoundedMap } from '../bounded-map.ts'
import type { FaultName } from '../faults/faults.ts'

/** Headers that carry a key, or who the client is. */
const SECRET: ReadonlySet<string> = new Set([
  'api-key',
  'authorization',
  'cookie',
  'x-api-key',
  'x-goog-api-key',
])

/**
 * How a request ended.
 *
 * - `running`: it has not.
 * - `completed`: the response, an error of the client's own making included, was sent whole.
 * - `fault`: the response ended with the fault that was asked for, or went on past it.
 * - `client_hung_up`: the client closed the connection first.
 * - `server_closed`: the server was closed first.
 */
export type Outcome = 'running' | 'completed' | 'fault' | 'client_hung_up' | 'server_closed'

/** A request to the server, and what has become of it so far. */
export interface ModelRequest {
  /** The id that the response carries as `x-request-id`. */
  readonly id: string
  /** HTTP method. */
  readonly method: string
  /** Path with the query. */
  readonly path: string
  /** Headers, without those that carry a key. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** The parsed JSON body; `undefined` if there was none or it was not JSON. */
  readonly body: unknown
  /** When it arrived, in milliseconds since 1970, with fractions. */
  readonly startedAt: number
  /** When the first token was handed to the socket, in milliseconds since 1970. */
  readonly firstTokenAt: number | undefined
  /** When it ended, in milliseconds since 1970. */
  readonly finishedAt: number | undefined
  /** How many tokens were sent so far. */
  readonly tokens: number
  /** The text that was sent so far: the answer or the refusal, without reasoning and tool calls. */
  readonly text: string
  /** HTTP status of the response, once it is decided. */
  readonly status: number | undefined
  /** The fault that this request was given. */
  readonly fault: FaultName | undefined
  /** How it ended. */
  readonly outcome: Outcome
  /** Resolves with the outcome when the request has ended; it never rejects. */
  readonly ended: Promise<Outcome>
  /** Itself as plain JSON, as `GET /_requests` sends it. */
  toJSON(): Record<string, unknown>
}

type Plain = Omit<ModelRequest, 'ended' | 'toJSON'>

/** A request on record, which the server brings up to date. */
export class RecordedRequest implements ModelRequest {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly headers: ModelRequest['headers']
  readonly startedAt = now()
  readonly ended: Promise<Outcome>
  body: unknown
  status: number | undefined
  fault: FaultName | undefined
  tokens = 0
  firstTokenAt: number | undefined
  finishedAt: number | undefined
  outcome: Outcome = 'running'
  readonly #said: string[] = []
  readonly #resolveEnded: (outcome: Outcome) => void
  readonly #onChange: (request: RecordedRequest) => void

  /**
   * @param facts - what is known on arrival
   * @param onChange - is told of every change
   */
  constructor(
    facts: Pick<ModelRequest, 'id' | 'method' | 'path' | 'headers'>,
    onChange: (request: RecordedRequest) => void,
  ) {
    this.id = facts.id
    this.method = facts.method
    this.path = facts.path
    this.headers = Object.fromEntries(Object.entries(facts.headers).filter(([name]) => !SECRET.has(name)))
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    this.ended = promise
    this.#resolveEnded = resolve
    this.#onChange = onChange
  }

  get text(): string {
    // Joined when asked for: most requests are never asked.
    if (this.#said.length > 1) this.#said.splice(0, this.#said.length, this.#said.join(''))
    return this.#said[0] ?? ''
  }

  /** Notes what was handed to the socket; call `changed` when a batch of them is done. */
  sent(text: string, tokens: number): void {
    if (tokens > 0) this.firstTokenAt ??= now()
    if (text !== '') this.#said.push(text)
    this.tokens += tokens
  }

  /** Tells those who wait that something is different. */
  changed(): void {
    this.#onChange(this)
  }

  /** Ends the record; only the first call counts. */
  finish(outcome: Exclude<Outcome, 'running'>): void {
    if (this.outcome !== 'running') return
    this.outcome = outcome
    this.finishedAt = now()
    this.#resolveEnded(outcome)
    this.#onChange(this)
  }

  toJSON(): Plain & Record<string, unknown> {
    const { id, method, path, headers, body, startedAt, firstTokenAt, finishedAt } = this
    const { tokens, text, status, fault, outcome } = this
    return {
      id,
      method,
      path,
      headers,
      body,
      startedAt,
      firstTokenAt,
      finishedAt,
      tokens,
      text,
      status,
      fault,
      outcome,
    }
  }
}

interface Waiter {
  readonly accepts: (request: ModelRequest) => boolean
  readonly resolve: (request: ModelRequest) => void
  readonly reject: (reason: unknown) => void
}

/** Keeps the last requests, and tells those who wait for one. */
export class Recorder {
  readonly #requests: BoundedMap<string, RecordedRequest>
  readonly #waiters = new Set<Waiter>()
  #untaken: RecordedRequest[] = []
  #takers: Waiter[] = []
  #closed = false
  readonly #maxRequests: number

  /** @param maxRequests - how many are kept */
  constructor(maxRequests: number) {
    this.#maxRequests = maxRequests
    this.#requests = new BoundedMap(maxRequests)
  }

  /** The last requests, oldest first. */
  get requests(): readonly RecordedRequest[] {
    return [...this.#requests.values()]
  }

  /** Begins the record of a request; it is not shown before `announce`. */
  open(facts: Pick<ModelRequest, 'id' | 'method' | 'path' | 'headers'>): RecordedRequest {
    return new RecordedRequest(facts, (request) => {
      if (this.#requests.get(request.id) === request) this.#tell(request)
    })
  }

  /** Shows a request, once its body is known; a second call does nothing. */
  announce(request: RecordedRequest): void {
    if (this.#requests.has(request.id)) return
    this.#requests.set(request.id, request)
    const taker = this.#takers.shift()
    if (taker !== undefined) taker.resolve(request)
    else {
      this.#untaken.push(request)
      if (this.#untaken.length > this.#maxRequests) this.#untaken.shift()
    }
    this.#tell(request)
  }

  /** Hands out requests in the order they arrived, each once, and waits when there is none left. */
  next(): Promise<ModelRequest> {
    const request = this.#untaken.shift()
    if (request !== undefined) return Promise.resolve(request)
    return this.#wait((waiter) => this.#takers.push(waiter))
  }

  /** Waits for a request of which `accepts` holds; those on record count too, and so does every change. */
  async waitFor(accepts: (request: ModelRequest) => boolean): Promise<ModelRequest> {
    const found = this.requests.find(accepts)
    if (found !== undefined) return found
    return this.#wait((waiter) => this.#waiters.add(waiter), accepts)
  }

  /** Forgets all requests, those that are running included. */
  clear(): void {
    this.#requests.clear()
    this.#untaken = []
  }

  /** Rejects those who still wait. */
  close(): void {
    this.#closed = true
    for (const waiter of [...this.#takers, ...this.#waiters]) waiter.reject(closed())
    this.#takers = []
    this.#waiters.clear()
  }

  #wait(enlist: (waiter: Waiter) => void, accepts: Waiter['accepts'] = () => true): Promise<ModelRequest> {
    if (this.#closed) return Promise.reject(closed())
    return new Promise((resolve, reject) => enlist({ accepts, resolve, reject }))
  }

  #tell(request: RecordedRequest): void {
    for (const waiter of this.#waiters) {
      try {
        if (!waiter.accepts(request)) continue
        waiter.resolve(request)
      } catch (error) {
        // A predicate that throws fails the test that gave it, not the response that is being sent.
        waiter.reject(error)
      }
      this.#waiters.delete(waiter)
    }
  }
}

function closed(): Error {
  return new Error('The model server was closed while a test waited for a request.')
}

function now(): number {
  return performance.timeOrigin + performance.now()
}
