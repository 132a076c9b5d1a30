import type { Duplex } from 'node:stream'
import type { LabSettingsStore } from '../store/lab-settings.ts'
import { AS_IT_IS, ShapedConnection } from './shaped-connection.ts'

/** How a connection carries streams. */
export type StreamTransport = 'sse' | 'ws'

/** A connection that carries a visitor's streams now. */
export interface CarryingConnection {
  readonly connectionId: string
  readonly visitor: string
  readonly transport: StreamTransport
  readonly connection: ShapedConnection
  /** The visitor's cuts that it has survived. */
  readonly cuts: number
}

/**
 * Which connections carry whose streams. Those, and no others, are made slow and cut as their visitor has it in the
 * laboratory: the page's other requests stay quick, and nobody else notices.
 */
export class StreamConnections {
  readonly #lab: LabSettingsStore
  readonly #carrying = new Map<ShapedConnection, CarryingConnection>()
  /** Those whose end is waited for: one connection brings many requests. */
  readonly #known = new WeakSet<ShapedConnection>()
  readonly #unsubscribe: () => void
  #count = 0

  constructor(lab: LabSettingsStore) {
    this.#lab = lab
    this.#unsubscribe = lab.onChange(() => this.#follow())
  }

  /** Those of one visitor. */
  of(visitor: string): CarryingConnection[] {
    return [...this.#carrying.values()].filter((carrying) => carrying.visitor === visitor)
  }

  /**
   * A request for streams has come over a connection.
   * @returns `false` if the visitor is offline: the connection has been cut.
   */
  carry(connection: Duplex, visitor: string, transport: StreamTransport): boolean {
    // A request that a test injects has no connection.
    if (!(connection instanceof ShapedConnection)) return true
    const { settings, cuts, offlineUntil } = this.#lab.get(visitor)
    if (offlineUntil !== null && Date.now() < offlineUntil) {
      connection.cut()
      return false
    }
    this.#count += 1
    const connectionId = `${transport}-${this.#count}`
    this.#carrying.set(connection, { connectionId, visitor, transport, connection, cuts })
    connection.shape = settings.network
    if (!this.#known.has(connection)) {
      this.#known.add(connection)
      connection.once('close', () => this.#carrying.delete(connection))
    }
    return true
  }

  /** The answer is out: what comes next over this connection is another request, perhaps somebody else's. */
  release(connection: Duplex): void {
    if (!(connection instanceof ShapedConnection)) return
    this.#carrying.delete(connection)
    connection.shape = AS_IT_IS
  }

  close(): void {
    this.#unsubscribe()
  }

  #follow(): void {
    for (const { connection, visitor, cuts } of [...this.#carrying.values()]) {
      const state = this.#lab.get(visitor)
      connection.shape = state.settings.network
      if (state.cuts !== cuts) connection.cut()
    }
  }
}
