import type { Ask } from './server/tokens.ts'

/** How a client talks to a contestant. */
export type Wire =
  /** A POST, answered with an event stream. */
  | 'sse'
  /** A WebSocket on which a `stream_request` is answered with events; TCP alone says how far a client is. */
  | 'ws'
  /** As `ws`, with the acks of Sluice's protocol. */
  | 'sluice-ws'
  /** Engine.IO 4 and Socket.IO 5, over WebSocket from the beginning. */
  | 'socket.io'

/** A server that is measured. */
export interface Contestant {
  /** Its name in the tables. */
  readonly title: string
  readonly wire: Wire
  /** The package whose version the report names, if it has one. */
  readonly package?: string
  /**
   * The ids that a client which reconnects sends: of an event, or of a message of a wire that is in its first block of text.
   * @default 'event'
   */
  readonly ids?: 'event' | 'message'
  /** A client that reconnects gets the whole answer again, not only the missed part. @default false */
  readonly resumesFromStart?: boolean
  serve(): Promise<Served>
}

/**
 * How a contestant listens. Node's queue of 511 connections that nobody has accepted yet overflows when a thousand come
 * at once; the kernel then has each of them wait for a second or more.
 */
export const LISTEN = { port: 0, host: '127.0.0.1', backlog: 4096 } as const

/** A contestant that listens. */
export interface Served {
  readonly port: number
  /** The path to ask for an answer, or to open a WebSocket. */
  readonly path: string
}

/** The server that a client connects to, and its wire. */
export interface Target extends Served, Pick<Contestant, 'wire' | 'ids' | 'resumesFromStart'> {}

/** A request over a WebSocket: for a new answer, or to view an existing one. */
export interface StreamRequest {
  readonly input: Ask
  readonly stream_id?: string
}

/** The event that every contestant makes of a token. */
export function eventOf(id: number, token: string): Readonly<Record<string, unknown>> {
  return { type: 'content_chunk', chunk_id: id, content: token }
}
