import { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import type { SseFraming } from './framing.ts'

/** Where frames go. */
export interface Outlet {
  /** The form in which it takes frames. */
  readonly form: keyof SseFraming
  /** `false`: it has enough, until its `onReady`. */
  write(frame: Uint8Array): boolean
  /** As {@link Outlet.write}, for a few words beside the events. */
  say(text: string): boolean
  /** Bytes that were written and have not left the process. */
  unsentBytes(): number
  /** Nothing more comes; what was written still leaves. */
  end(): void
  /** What was written is given up too. */
  destroy(): void
}

/** Who waits for an outlet that has enough. */
export interface Waiting {
  /** It has room again. */
  ready(): void
}

/** Straight into a response whose head has been written. */
export function responseOutlet(response: ServerResponse, highWaterMark: number, waiting: Waiting): Outlet {
  const socket = takesChunks(response) ? response.socket : null
  if (socket === null) return new ResponseOutlet(response, highWaterMark, waiting)
  return new ChunkOutlet(response, socket, highWaterMark, waiting)
}

/**
 * Whether chunks can be written to a response's socket itself. So it is for an HTTP/1.1 response that has its socket,
 * not waiting behind another one on the same connection, and whose `write` nobody has replaced to see or change
 * what leaves.
 */
function takesChunks(response: ServerResponse): boolean {
  // Over HTTP/2 it is of another class.
  if (!(response instanceof ServerResponse) || response.write !== ServerResponse.prototype.write) return false
  sendHeaders(response)
  return response.chunkedEncoding
}

/**
 * By themselves, and not joined with the first words: Node keeps them for as long as the response lives, as the pieces
 * that they were put together from where they were never sent.
 */
function sendHeaders(response: ServerResponse): void {
  const { socket } = response
  socket?.cork()
  response.flushHeaders()
  // They still leave with the first words.
  process.nextTick(() => socket?.uncork())
}

class ResponseOutlet implements Outlet {
  readonly form: Outlet['form'] = 'plain'
  readonly #response: ServerResponse
  readonly #highWaterMark: number
  readonly #waiting: Waiting

  constructor(response: ServerResponse, highWaterMark: number, waiting: Waiting) {
    this.#response = response
    this.#highWaterMark = highWaterMark
    this.#waiting = waiting
  }

  write(frame: Uint8Array): boolean {
    return this.writeTo(this.#response, frame)
  }

  say(text: string): boolean {
    return this.writeTo(this.#response, text)
  }

  unsentBytes(): number {
    return this.#response.writableLength
  }

  end(): void {
    this.#response.end()
  }

  destroy(): void {
    this.#response.destroy()
  }

  protected writeTo(to: Writable, frame: Uint8Array | string): boolean {
    if (to.writableLength + frame.length < this.#highWaterMark) {
      to.write(frame)
      return true
    }
    // Not `drain`: that knows Node's own mark, and this one may be below it.
    to.write(frame, () => this.#waiting.ready())
    return false
  }
}

/**
 * Past the response, into its socket: what Node makes of a chunk (RFC 9112 §7.1), four writes and their bookkeeping,
 * is here one. Headers, beginning and end of the body are the response's own.
 */
class ChunkOutlet extends ResponseOutlet {
  override readonly form = 'chunked'
  readonly #socket: Socket

  constructor(response: ServerResponse, socket: Socket, highWaterMark: number, waiting: Waiting) {
    super(response, highWaterMark, waiting)
    this.#socket = socket
  }

  override write(chunk: Uint8Array): boolean {
    // Its client has closed its half, and so Node ours, behind what still waits: a write would only be an error. 'close'
    // comes when the rest has left; where that is never, the stall timeout.
    return this.#socket.writable && this.writeTo(this.#socket, chunk)
  }
}

/** Into the buffer of a `Readable`, for whatever an `onSend` hook has put between it and the response. */
export function readableOutlet(body: Readable): Outlet {
  return {
    form: 'plain',
    write: (frame) => body.push(frame),
    say: (text) => body.push(text),
    unsentBytes: () => body.readableLength,
    end: () => body.push(null),
    destroy: () => body.destroy(),
  }
}
