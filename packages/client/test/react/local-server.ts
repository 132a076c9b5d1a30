import { isTerminal, type StreamEvent, StreamingError } from '@sluice/core'
import {
  type CancelRequest,
  createClient,
  type OpenRequest,
  type Reading,
  type StreamClient,
  type StreamStorage,
  type Transport,
} from '../../src/index.ts'
import { complete, content, start } from '../events.ts'

/** One generation: what was produced of it. */
class Generation {
  readonly events: StreamEvent[]
  readonly streamId: string
  readonly input: unknown
  thread: string | undefined
  /** The one that was begun in its place. */
  successor: Generation | undefined
  #more = Promise.withResolvers<void>()

  constructor(streamId: string, input: unknown) {
    this.streamId = streamId
    this.input = input
    this.events = [start(streamId)]
  }

  get ended(): boolean {
    return isTerminal(this.events.at(-1)!)
  }

  get text(): string {
    return this.events.map((event) => (event.type === 'content_chunk' ? event.content : '')).join('')
  }

  /** Itself, or what was begun in its place last. */
  get newest(): Generation {
    return this.successor?.newest ?? this
  }

  get more(): Promise<void> {
    return this.#more.promise
  }

  append(event: StreamEvent): void {
    if (this.ended) return
    this.events.push(event)
    this.#more.resolve()
    this.#more = Promise.withResolvers()
  }

  say(text: string): void {
    this.append(content(this.events.length + 1, text))
  }

  complete(): void {
    this.append(complete(this.events.length + 1))
  }

  fail(error_type: 'api_error' | 'invalid_request'): void {
    this.append({
      type: 'stream_error',
      chunk_id: this.events.length + 1,
      error_type,
      message: 'It broke.',
      recoverable: error_type === 'api_error',
    })
  }

  lose(successor: Generation): void {
    this.successor = successor
    this.append({
      type: 'stream_error',
      chunk_id: this.events.length + 1,
      error_type: 'producer_lost',
      message: 'The server died.',
      recoverable: true,
      context: { restarted_as: successor.streamId },
    })
  }

  /** Its connections break off. */
  break(): void {
    this.#more.reject(new StreamingError('connection_lost'))
  }

  cancel(): void {
    this.append({ type: 'stream_cancelled', chunk_id: this.events.length + 1, reason: 'cancelled' })
  }
}

/** A server in the same process, whose model is the test: what it says, it says at once. */
export class LocalServer {
  readonly generations: Generation[] = []
  /** Readings that somebody has open. */
  readonly open = new Set<AbortSignal>()
  /** All requests to read, in order. */
  readonly requests: OpenRequest[] = []
  /** While it is set, no start is answered, and no cancel. */
  held: PromiseWithResolvers<void> | undefined
  /** The error that the next cancels are refused with. */
  refusal: StreamingError | undefined
  readonly #byKey = new Map<string, Generation | null>()

  get last(): Generation {
    return this.generations.at(-1)!
  }

  /** A separate client, with a separate transport. */
  client(storage: StreamStorage | null = null): StreamClient {
    const transport: Transport = {
      open: (request, signal) => this.#open(request, signal),
      cancel: (request) => this.#cancel(request),
    }
    return createClient({ transport, storage, retry: { baseMs: 0, capMs: 0 } })
  }

  hold(): void {
    this.held = Promise.withResolvers()
  }

  release(): void {
    this.held?.resolve()
    this.held = undefined
  }

  /** A generation that nobody here has started. */
  begin(input: unknown = null): Generation {
    const generation = new Generation(`stream-${this.generations.length + 1}`, input)
    this.generations.push(generation)
    return generation
  }

  /** The last generation's server dies, and another one begins it anew, with its key. */
  takeOver(): void {
    const dead = this.last
    const successor = this.begin(dead.input)
    for (const [key, generation] of this.#byKey) if (generation === dead) this.#byKey.set(key, successor)
    dead.lose(successor)
  }

  /** Forgets every start. */
  forget(): void {
    this.#byKey.clear()
  }

  /** The process dies, and with it its logs; another one is there at once. */
  restart(): void {
    const dead = this.generations.splice(0)
    this.#byKey.clear()
    for (const generation of dead) generation.break()
  }

  async #open(request: OpenRequest, signal: AbortSignal): Promise<Reading | undefined> {
    this.requests.push(request)
    this.open.add(signal)
    signal.addEventListener('abort', () => this.open.delete(signal))
    if (request.kind === 'latest') await this.held?.promise
    const generation = this.#find(request)
    await this.held?.promise
    signal.throwIfAborted()
    let cursor = request.kind === 'resume' ? request.lastChunkId : 0
    if (generation.ended && cursor === generation.events.length) return undefined
    const gone = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason))
    })
    gone.catch(() => {})
    return {
      streamId: generation.streamId,
      next: async () => {
        while (cursor === generation.events.length) {
          if (generation.ended) throw new StreamingError('connection_lost')
          await Promise.race([generation.more, gone])
        }
        const events = generation.events.slice(cursor)
        cursor = generation.events.length
        return events
      },
    }
  }

  #find(request: OpenRequest): Generation {
    if (request.kind === 'resume') {
      const found = this.generations.find(({ streamId }) => streamId === request.streamId)
      if (found === undefined) throw new StreamingError('not_found')
      return found
    }
    if (request.kind === 'latest') {
      const running = this.generations.findLast(({ thread, ended }) => thread === request.thread && !ended)
      if (running === undefined) throw new StreamingError('not_found')
      return running
    }
    const known = this.#byKey.get(request.idempotencyKey)
    if (known === null) throw new StreamingError('conflict')
    const generation = known ?? this.begin(JSON.parse(request.input))
    this.#byKey.set(request.idempotencyKey, generation)
    generation.thread = request.thread
    return generation
  }

  async #cancel(request: CancelRequest): Promise<void> {
    await this.held?.promise
    if (this.refusal !== undefined) throw this.refusal
    if ('streamId' in request)
      this.generations.find(({ streamId }) => streamId === request.streamId)?.newest.cancel()
    else if ('idempotencyKey' in request) {
      const known = this.#byKey.get(request.idempotencyKey)
      known?.cancel()
      if (known === undefined) this.#byKey.set(request.idempotencyKey, null)
    }
  }
}

/** The storage that a page keeps for as long as its tab is open. */
export class TabStorage extends Map<string, string> implements StreamStorage {
  getItem(key: string): string | null {
    return this.get(key) ?? null
  }

  setItem(key: string, value: string): void {
    this.set(key, value)
  }

  removeItem(key: string): void {
    this.delete(key)
  }
}
