import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import type { FastifyReply } from 'fastify'

const readingTimeMs = 20

type ReplyHeaders = ReturnType<FastifyReply['getHeaders']>

/** One response on its way to one client: raw HTTP, so that it can also fail the way networks fail. */
export class Connection {
  /** Aborted when nobody reads any more: the client hung up, or the server is closing. */
  readonly signal: AbortSignal
  readonly #raw: ServerResponse
  readonly #headers: ReplyHeaders
  readonly #gone = new AbortController()
  readonly #closing: AbortSignal

  /**
   * @param raw - the response; nothing may have been sent yet
   * @param headers - what the head will carry besides its content type
   * @param closing - aborted when the server closes
   */
  constructor(raw: ServerResponse, headers: ReplyHeaders, closing: AbortSignal) {
    this.#raw = raw
    this.#headers = headers
    this.#closing = closing
    this.signal = AbortSignal.any([this.#gone.signal, closing])
    raw.once('close', () => this.#gone.abort())
    // A socket may die between our look at it and our write to it; 'close' tells us all we need.
    raw.on('error', () => undefined)
  }

  /** Which side ended it, once `signal` is aborted. */
  get endedBy(): 'client_hung_up' | 'server_closed' {
    return this.#closing.aborted ? 'server_closed' : 'client_hung_up'
  }

  /** Sends status and headers now, without waiting for a body. */
  head(status: number, contentType: string): void {
    if (this.#raw.destroyed) return
    for (const [name, value] of Object.entries(this.#headers)) {
      if (value !== undefined) this.#raw.setHeader(name, value)
    }
    this.#raw.setHeader('content-type', contentType)
    this.#raw.writeHead(status)
    this.#raw.flushHeaders()
  }

  /** Sends a part of the body; resolves when the reader has taken enough to be given more. */
  async write(text: string): Promise<void> {
    if (this.#raw.destroyed || this.#raw.write(text)) return
    try {
      await once(this.#raw, 'drain', { signal: this.signal })
    } catch {
      // Nobody reads any more; the caller sees it by `signal`.
    }
  }

  /**
   * Ends the response in good order.
   *
   * @returns whether all of it was handed to the kernel; it is not if the client hung up meanwhile
   */
  async end(text = ''): Promise<boolean> {
    if (this.#raw.destroyed) return false
    await new Promise<void>((resolve) => {
      this.#gone.signal.addEventListener('abort', () => resolve(), { once: true })
      this.#raw.end(text, resolve)
    })
    return this.#raw.writableFinished
  }

  /**
   * Breaks the connection off with a TCP reset.
   *
   * A reset overtakes what the other side has received but not yet read, so what was written before is given a
   * moment to be read: how many tokens arrive would be a matter of luck otherwise.
   */
  async reset(): Promise<void> {
    const { socket } = this.#raw
    if (socket === null || socket.destroyed) return
    if (this.#raw.headersSent) await setTimeout(readingTimeMs)
    socket.resetAndDestroy()
  }
}
