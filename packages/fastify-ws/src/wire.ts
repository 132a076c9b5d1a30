import { Socket as TcpSocket } from 'node:net'
import { frameText } from './frame.ts'
import type { WireForm } from './framing.ts'
import { SOCKET_OPEN, type Socket } from './socket.ts'

/** Sends messages. */
export interface Wire {
  /** The form in which it takes events. */
  readonly form: WireForm
  /** Bytes that were sent and have not left the process. */
  readonly unsentBytes: number
  /** The text of a message in the form that it takes. */
  encode(text: string): Uint8Array
  /** Sends messages, with the sum of their bytes. `onSent`: they, and all before them, have left the process. */
  send(messages: readonly Uint8Array[], bytes: number, onSent?: () => void): void
}

/**
 * The way out of a WebSocket: its TCP socket itself, if the two are known to belong together, and nothing that was
 * negotiated changes what leaves, nor has anybody replaced `send` to see or change it.
 */
export function wireOf(socket: Socket, tcp: unknown): Wire {
  const isPlain = socket.extensions === '' && !Object.hasOwn(socket, 'send')
  return isPlain && tcp instanceof TcpSocket
    ? new FrameWire(socket, tcp)
    : new MessageWire(socket, tcp as TcpSocket)
}

/**
 * Past `ws`, into its socket: frames are made where events are, and all that leave in a turn leave in one write;
 * `ws` has two for each message. The frames of `ws` itself (close, pong) are writes of their own between them.
 */
class FrameWire implements Wire {
  readonly form = 'frame'
  readonly #socket: Socket
  readonly #tcp: TcpSocket

  constructor(socket: Socket, tcp: TcpSocket) {
    this.#socket = socket
    this.#tcp = tcp
  }

  get unsentBytes(): number {
    return this.#tcp.writableLength
  }

  encode(text: string): Uint8Array {
    return frameText(text)
  }

  send(frames: readonly Uint8Array[], bytes: number, onSent?: () => void): void {
    // After a close frame there must be no other; so it is too if the TCP socket has ended, or failed.
    if (this.#socket.readyState !== SOCKET_OPEN) return
    this.#tcp.write(frames.length === 1 ? frames[0]! : Buffer.concat(frames, bytes), onSent)
  }
}

const TEXT = { binary: false } as const

/** Message by message through `ws`. */
class MessageWire implements Wire {
  readonly form = 'message'
  readonly #socket: Socket
  readonly #tcp: TcpSocket

  constructor(socket: Socket, tcp: TcpSocket) {
    this.#socket = socket
    this.#tcp = tcp
  }

  get unsentBytes(): number {
    return this.#socket.bufferedAmount
  }

  encode(text: string): Uint8Array {
    return Buffer.from(text)
  }

  send(messages: readonly Uint8Array[], _bytes: number, onSent?: () => void): void {
    const socket = this.#socket
    const last = messages.length - 1
    if (last === 0) {
      socket.send(messages[0]!, TEXT, onSent)
      return
    }
    this.#tcp.cork()
    for (let index = 0; index < last; index++) socket.send(messages[index]!, TEXT)
    socket.send(messages[last]!, TEXT, onSent)
    this.#tcp.uncork()
  }
}
