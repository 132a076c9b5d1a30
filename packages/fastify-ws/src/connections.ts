import type { AttachmentInfo } from './attachment.ts'

/** A connection, as `sluiceConnections` shows it. */
export interface ConnectionInfo {
  readonly connectionId: string
  /** `undefined` if the application names none, or has not yet. */
  readonly owner: string | undefined
  /** Milliseconds since the epoch. */
  readonly connectedAt: number
  /** When its client said something last, in milliseconds since the epoch. */
  readonly lastSeenAt: number
  /** What it reads now. */
  readonly streams: readonly AttachmentInfo[]
  /** Events that were sent. */
  readonly chunksSent: number
  readonly bytesSent: number
  /** Bytes that its socket has not taken yet. */
  readonly unsentBytes: number
  readonly messagesReceived: number
  /** Acks that changed nothing: of chunks never sent, or of streams that are not read here. */
  readonly acksRefused: number
}

/** What {@link Connections} do with one. */
export interface RegisteredConnection {
  readonly id: string
  readonly owner: string | undefined
  readonly info: ConnectionInfo
  close(code: number, reason: string): void
  /** The server shuts down: closes as soon as nothing is read here, and nothing asked. */
  closeWhenIdle(): void
}

/** The connections of an application: `app.sluiceConnections`. */
export interface SluiceConnections {
  /** How many sockets are open, those that are being closed included. */
  readonly size: number
  /** All of them, or those of one owner. */
  list(filter?: { readonly owner?: string }): ConnectionInfo[]
  get(connectionId: string): ConnectionInfo | undefined
  /**
   * Closes a connection. Its streams go on, and can be read elsewhere. With a code below 4500 its client comes back.
   * @param code 4000 to 4999. @default 4503: it must not come back
   * @returns whether there is one with this id.
   */
  close(connectionId: string, code?: number, reason?: string): boolean
}

/** The open connections. */
export class Connections implements SluiceConnections {
  readonly #open = new Map<string, RegisteredConnection>()
  /** @internal Whether the server shuts down. */
  isClosing = false
  /** @internal Until when what was sent may leave then, on the hub's clock, in milliseconds. */
  closeBy = Number.NEGATIVE_INFINITY
  #onEmpty: (() => void) | undefined

  get size(): number {
    return this.#open.size
  }

  list(filter: { readonly owner?: string } = {}): ConnectionInfo[] {
    return [...this.#open.values()]
      .filter(({ owner }) => filter.owner === undefined || owner === filter.owner)
      .map(({ info }) => info)
  }

  get(connectionId: string): ConnectionInfo | undefined {
    return this.#open.get(connectionId)?.info
  }

  close(connectionId: string, code = 4503, reason = 'Closed by the server.'): boolean {
    if (!(code >= 4000 && code <= 4999)) throw new RangeError(`code is ${code}, and has to be 4000 to 4999.`)
    const connection = this.#open.get(connectionId)
    connection?.close(code, reason)
    return connection !== undefined
  }

  /** @internal A socket is open. */
  join(connection: RegisteredConnection): void {
    this.#open.set(connection.id, connection)
  }

  /** @internal A socket is gone. */
  leave({ id }: RegisteredConnection): void {
    this.#open.delete(id)
    if (this.#open.size === 0) this.#onEmpty?.()
  }

  /** @internal From now on, a connection without streams is closed; sent bytes may leave until `closeBy`. */
  beginClosing(closeBy: number): void {
    this.isClosing = true
    this.closeBy = closeBy
    for (const connection of [...this.#open.values()]) connection.closeWhenIdle()
  }

  /** @internal Closes all, and resolves when the last one is gone. */
  async closeAll(code: number, reason: string): Promise<void> {
    if (this.#open.size === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#onEmpty = resolve
    for (const connection of [...this.#open.values()]) connection.close(code, reason)
    await promise
  }
}
