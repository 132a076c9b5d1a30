import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { isTerminal, type StreamEvent } from '@sluice/core'

/** The behaviour of one connection. */
export interface Fault {
  /**
   * Instead of the events: the answer is `lost` after the request was carried out, a proxy's `page`, `busy` (503),
   * a temporary refusal to `attach`, or a captive `portal` (a page with status 200).
   */
  readonly answer?: 'lost' | 'page' | 'busy' | 'attach' | 'portal'
  /** So many bytes of the body, then it ends. */
  readonly cutAt?: number
  /** That end is a clean one, as a proxy's timeout is; else the connection is reset. */
  readonly clean?: boolean
  /** Begins this number of events before the cursor. */
  readonly back?: number
  /** Leaves out one event, this number of events after the first. */
  readonly skip?: number
  /** The sizes of the writes, in turn; they split wherever they do. */
  readonly pieces?: readonly number[]
}

interface Log {
  readonly id: string
  readonly events: StreamEvent[]
  readonly waiting: Set<() => void>
}

/** The protocol over SSE in a page, without anything that makes it good, and with every fault on request. */
export class ReferenceServer {
  /** The events of each stream that is started, after its `stream_start`. */
  produce: (input: unknown) => readonly StreamEvent[] = () => []
  /** For the next connections, in turn. */
  faults: Fault[] = []
  readonly requests: { method: string; url: string; headers: IncomingMessage['headers'] }[] = []
  /** Bodies that are being written, now and at most. */
  viewers = 0
  peakViewers = 0
  /** The bytes that the viewers' sockets have taken. */
  bytesSent = 0
  readonly #logs = new Map<string, Log>()
  readonly #ids = new Map<string, string>()
  readonly #tombstones = new Set<string>()
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
    server.on('request', (request, response) => {
      this.#answer(request, response).catch((error) => response.destroy(error))
    })
  }

  static async listen(): Promise<ReferenceServer> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new ReferenceServer(server)
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/streams`
  }

  /** How many generations were started. */
  get generations(): number {
    return this.#logs.size
  }

  append(id: string, ...events: readonly StreamEvent[]): void {
    const log = this.#logs.get(id)!
    log.events.push(...events)
    for (const wake of log.waiting) wake()
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request
    this.requests.push({ method, url, headers })
    const [, , name = '', id] = url.split('/')
    const key = headers['idempotency-key'] as string
    let body = ''
    for await (const piece of request) body += piece
    if (method === 'DELETE') return this.#cancel(response, id, key)

    const fault = this.faults.shift() ?? {}
    if (method === 'POST' && this.#tombstones.has(key)) return refuse(response, 409, 'conflict')
    const log = this.#logs.get(id ?? this.#ids.get(key) ?? this.#start(name, key, JSON.parse(body)))
    if (log === undefined) return refuse(response, 404, 'not_found')
    if (fault.answer === 'lost') return void request.socket.destroy()
    if (fault.answer === 'busy') return refuse(response, 503, 'capacity', { 'retry-after': '0' })
    if (fault.answer === 'page') return page(response, 502)
    if (fault.answer === 'portal') return page(response, 200)

    const cursor = Number(headers['last-event-id'] ?? 0)
    const last = log.events.at(-1)!
    if (cursor > last.chunk_id) return refuse(response, 410, 'resume_expired')
    if (cursor === last.chunk_id && isTerminal(last)) return void response.writeHead(204).end()
    response.writeHead(200, { 'content-type': 'text/event-stream', 'stream-id': log.id })
    if (fault.answer === 'attach') return void response.end('retry: 1\n\n')
    this.viewers += 1
    this.peakViewers = Math.max(this.peakViewers, this.viewers)
    response.on('close', () => {
      this.viewers -= 1
    })
    await this.#stream(response, log, cursor, fault)
  }

  #start(name: string, key: string, input: unknown): string {
    const id = `stream-${this.#logs.size + 1}`
    const first: StreamEvent = {
      type: 'stream_start',
      chunk_id: 1,
      stream_id: id,
      stream: name,
      created_at: 0,
    }
    this.#ids.set(key, id)
    this.#logs.set(id, { id, events: [first, ...this.produce(input)], waiting: new Set() })
    return id
  }

  #cancel(response: ServerResponse, id: string | undefined, key: string): void {
    const log = this.#logs.get(id ?? this.#ids.get(key) ?? '')
    if (log === undefined) this.#tombstones.add(key)
    else if (!isTerminal(log.events.at(-1)!)) {
      const chunk_id = log.events.length + 1
      this.append(log.id, { type: 'stream_cancelled', chunk_id, reason: 'cancelled' })
    }
    response.writeHead(204).end()
  }

  async #stream(response: ServerResponse, log: Log, cursor: number, fault: Fault): Promise<void> {
    let at = Math.max(0, cursor - (fault.back ?? 0))
    const left = log.events[at + (fault.skip ?? Number.NaN)]
    let budget = fault.cutAt ?? Number.POSITIVE_INFINITY
    let pending = Buffer.from('retry: 1\n\n: welcome\n\n')
    for (let turn = 0; !response.destroyed; turn += 1) {
      const size = fault.pieces?.[turn % fault.pieces.length] ?? 16_384
      if (pending.length < size) {
        const fresh = log.events.slice(at, at + 256)
        at += fresh.length
        const frames = fresh.filter((event) => event !== left).map(frame)
        pending = Buffer.concat([pending, Buffer.from(frames.join(''))])
      }
      const piece = pending.subarray(0, Math.min(size, budget))
      pending = pending.subarray(piece.length)
      budget -= piece.length
      if (piece.length > 0 && !response.write(piece)) await once(response, 'drain')
      this.bytesSent += piece.length
      await setImmediate()
      if (budget === 0) return void (fault.clean ? response.end() : response.destroy())
      if (pending.length > 0) continue
      if (at === log.events.length && isTerminal(log.events.at(-1)!)) return void response.end()
      if (at === log.events.length) await grown(log, response)
    }
  }
}

const frame = (event: StreamEvent) => `id: ${event.chunk_id}\ndata: ${JSON.stringify(event)}\n\n`

function grown(log: Log, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      log.waiting.delete(wake)
      response.off('close', wake)
      resolve()
    }
    log.waiting.add(wake)
    response.on('close', wake)
  })
}

function refuse(response: ServerResponse, status: number, error_type: string, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify({ error: { error_type, message: error_type, recoverable: status === 503 } }))
}

function page(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>Some proxy</h1>')
}
