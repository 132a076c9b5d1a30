/**
 * How a connection ends:
 * - `close`: in good order, with a FIN, whatever was in the middle;
 * - `reset`: with a RST;
 * - `silence`: not at all. It stays open, and nothing passes any more, in either direction: a phone in a tunnel;
 * - `truncate`: the answer's body ends as if it were whole (the last chunk of RFC 9112 §7.1), as a proxy with a
 *   timeout ends it. If no chunked body is under way (a WebSocket), it is a `close`.
 */
export type Ending = 'close' | 'reset' | 'silence' | 'truncate'

/** A fault of one connection. */
export interface Fault {
  /** A page with status 502 answers in the place of the server, which sees nothing. @default false */
  readonly page?: boolean
  /** How many bytes reach the client before the ending; `truncate` comes at the next end of a chunk. */
  readonly after?: number
  /** @default no ending */
  readonly ending?: Ending
  /** The sizes of the writes to the client, in turn: they split whatever stands there. @default as it comes */
  readonly pieces?: readonly number[]
  /** Turns of the event loop between two writes. @default 0 */
  readonly turns?: number
  /** How long the first byte to the client waits, in milliseconds. @default 0 */
  readonly delayMs?: number
}
