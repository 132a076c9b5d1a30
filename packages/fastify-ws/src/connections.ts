import type { AttachmentInfo } from './attachment.ts'

/** A connection, as `app.sluiceConnections` lists it. */
export interface ConnectionInfo {
  readonly connectionId: string
  /** `undefined` if the application names no owner, or has not named one yet. */
  readonly owner: string | undefined
  /** Milliseconds since the epoch. */
  readonly connectedAt: number
  /** Time of the last message of its client, in milliseconds since the epoch. */
  readonly lastSeenAt: number
  /** The streams that it reads now. */
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

/** A connection, as {@link Connections} use it. */
export interface RegisteredConnection {
  readonly id: string
  readonly owner: string | undefined
  readonly info: ConnectionInfo
  close(code: number, reason: string): void
  /** Closes as soon as no stream is read and no request is open, because the server shuts down. */
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
   * Closes a connection. Its streams go on, and can be read elsewhere. With a code below 4500 its client reconnects.
   * @param code 4000 to 4999. @default 4503: it must not reconnect
   * @returns whether there is one with this id.
   */
  close(connectionId: string, code?: number, reason?: string): boolean
}

/** The open connections. */
export class Connections implements SluiceConnections {
  readonly #open = new Map<string, RegisteredConnection>()
  /** @internal Whether the server shuts down. */
  isClosing = false
  /** @internal When unsent bytes are discarded at a shutdown, on the hub's clock, in milliseconds. */
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

  /** @internal From now on, a connection that reads no stream is closed; its unsent bytes may leave until `closeBy`. */
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
