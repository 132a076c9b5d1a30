import { StreamingError, TRANSITIONS } from '@sluice/core'
import { afterEach, beforeEach, expect, vi } from 'vitest'
import {
  type CancelRequest,
  type ClientOptions,
  createClient,
  type OpenRequest,
  type Reading,
  type StartRequest,
  type StreamClient,
  type StreamSession,
  type Transport,
} from '../src/index.ts'
import { type ConnectionSlots, connectionSlots } from '../src/sse/connection-slots.ts'

/** A connection that the test plays the server of. */
export class Connection {
  readonly request: OpenRequest
  readonly signal: AbortSignal
  readonly processed: number[] = []
  /** How often the session has asked for events. */
  reads = 0
  readonly #answer: (reading: Reading | undefined) => void
  readonly #refuse: (error: unknown) => void
  #pending: { resolve(events: readonly unknown[]): void; reject(error: unknown): void } | undefined
  readonly #waiting: (readonly unknown[])[] = []
  #failure: Error | undefined

  constructor(
    request: OpenRequest,
    signal: AbortSignal,
    answer: (reading: Reading | undefined) => void,
    refuse: (error: unknown) => void,
  ) {
    this.request = request
    this.signal = signal
    this.#answer = answer
    this.#refuse = refuse
    signal.addEventListener('abort', () => {
      refuse(signal.reason)
      this.drop(new Error('aborted'))
    })
  }

  /** The chunk_id up to which the session has read. */
  get cursor(): number {
    return this.request.kind === 'resume' ? this.request.lastChunkId : 0
  }

  accept(streamId: string | null = 'stream-1', figures: Pick<Reading, 'window' | 'queued'> = {}): this {
    const next = () => this.#next()
    this.#answer({ streamId, next, processed: (chunkId) => this.processed.push(chunkId), ...figures })
    return this
  }

  refuse(error: unknown): void {
    this.#refuse(error)
  }

  /** 204. */
  isWhole(): void {
    this.#answer(undefined)
  }

  /** One read's worth. */
  send(...events: readonly unknown[]): this {
    const pending = this.#pending
    this.#pending = undefined
    if (pending === undefined) this.#waiting.push(events)
    else pending.resolve(events)
    return this
  }

  drop(failure: Error = new StreamingError('connection_lost')): void {
    this.#failure ??= failure
    this.#pending?.reject(this.#failure)
    this.#pending = undefined
  }

  async #next(): Promise<readonly unknown[]> {
    this.reads += 1
    const events = this.#waiting.shift()
    if (events !== undefined) return events
    if (this.#failure !== undefined) throw this.#failure
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject }
    })
  }
}

/** A transport whose server is the test, step by step. */
export class ScriptedTransport implements Transport {
  /** How many connections may be open at once. */
  limit = Number.POSITIVE_INFINITY
  cancels: CancelRequest[] = []
  /** The answer to a cancel. */
  onCancel: (request: CancelRequest, signal: AbortSignal) => Promise<void> = () => Promise.resolve()
  opened = 0
  /** Answers connections in place of the test. */
  onOpen: ((connection: Connection) => void) | undefined
  sentOnLeave: StartRequest[] = []
  #slots: ConnectionSlots | undefined
  #all: Connection[] = []
  #connections: Connection[] = []
  #awaited: ((connection: Connection) => void) | undefined

  reset(): void {
    Object.assign(this, new ScriptedTransport())
    this.#connections = []
    this.#awaited = undefined
    this.#all = []
    this.#slots = undefined
  }

  /** Lets a session connect, in turn, as the transports do. */
  ready(signal: AbortSignal, onWait: () => void): Promise<void> {
    this.#slots ??= connectionSlots(() => 'http://server.example', this.limit)
    return this.#slots(signal, onWait)
  }

  /** The starts that were sent while the page was being left. */
  sendOnLeave(request: StartRequest): void {
    this.sentOnLeave.push(request)
  }

  open(request: OpenRequest, signal: AbortSignal): Promise<Reading | undefined> {
    this.opened += 1
    return new Promise((resolve, reject) => {
      const connection = new Connection(request, signal, resolve, reject)
      this.#all.push(connection)
      if (this.onOpen !== undefined) return this.onOpen(connection)
      const awaited = this.#awaited
      this.#awaited = undefined
      if (awaited === undefined) this.#connections.push(connection)
      else awaited(connection)
    })
  }

  cancel(request: CancelRequest, signal: AbortSignal): Promise<void> {
    this.cancels.push(request)
    return this.onCancel(request, signal)
  }

  /** Accepts every connection that is open or comes, until none does. */
  async deliverAll(): Promise<void> {
    this.onOpen = (connection) => connection.accept()
    for (const connection of this.#all) connection.accept()
    await vi.advanceTimersByTimeAsync(0)
  }

  /** The next connection that the session opens. */
  connection(): Promise<Connection> {
    const connection = this.#connections.shift()
    if (connection !== undefined) return Promise.resolve(connection)
    return new Promise((resolve) => {
      this.#awaited = resolve
    })
  }
}

/**
 * Fake time, a fresh server and clients of it for each test of a file; and after each, no timer is left.
 */
export function scripted() {
  const transport = new ScriptedTransport()
  /** The changes of state that core's table does not have. */
  const illegal: string[] = []
  const checked = <T extends StreamSession | undefined>(session: T): T => {
    session?.watch((notice) => {
      if (notice.type !== 'state') return
      const allowed: readonly string[] = TRANSITIONS[notice.from]
      if (!allowed.includes(notice.to)) illegal.push(`${notice.from} to ${notice.to}`)
    })
    return session
  }
  beforeEach(() => {
    vi.useFakeTimers()
    transport.reset()
  })
  afterEach(async () => {
    // A viewer that has left does not take its start with it: whatever a test has not answered is delivered now.
    await transport.deliverAll()
    expect(vi.getTimerCount()).toBe(0)
    expect(illegal.splice(0)).toEqual([])
    vi.useRealTimers()
  })
  return {
    transport,
    client: (options: Partial<ClientOptions> = {}): StreamClient => {
      const client: StreamClient = createClient({ transport, retry: { baseMs: 0 }, ...options })
      return {
        ...client,
        start: (...given) => checked(client.start(...given)),
        attach: (...given: readonly unknown[]) => checked(client.attach(...(given as [never, never]))),
        resume: (...given) => checked(client.resume(...given)),
      }
    },
    /** Lets the waits between tries pass. */
    tick: () => vi.advanceTimersByTimeAsync(1),
  }
}
