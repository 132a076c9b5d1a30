import { Socket as TcpSocket } from 'node:net'
import type { MessageForm } from './framing.ts'
import { SOCKET_OPEN, type Socket } from './socket.ts'
import { frameText } from './websocket-frame.ts'

/** Writes the messages of one WebSocket. */
export interface SocketWriter {
  /** The form in which it takes events. */
  readonly form: MessageForm
  /** Bytes that were sent and have not left the process. */
  readonly unsentBytes: number
  /** Encodes the text of a message in that form. */
  encode(text: string): Uint8Array
  /** Sends messages that are `bytes` long together. Calls `onSent` when they, and all before them, have left the process. */
  send(messages: readonly Uint8Array[], bytes: number, onSent?: () => void): void
}

/**
 * Chooses the writer of a WebSocket. It is the one that writes into the TCP socket if `tcp` is that socket, if no extension
 * was negotiated that changes the bytes, and if the application has not replaced `send` to see or change messages.
 */
export function writerFor(socket: Socket, tcp: unknown): SocketWriter {
  const isPlain = socket.extensions === '' && !Object.hasOwn(socket, 'send')
  return isPlain && tcp instanceof TcpSocket
    ? new FrameWriter(socket, tcp)
    : new MessageWriter(socket, tcp as TcpSocket)
}

/**
 * Writes frames into the TCP socket of `ws`. The framing makes them, and all frames of a tick are one write, while `ws` needs
 * two writes for each message. Close frames and pongs, which `ws` writes itself, come between these writes.
 */
class FrameWriter implements SocketWriter {
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
    // No frame may follow a close frame (RFC 6455 §5.5.1). `ws` leaves this state also if the TCP socket ends or fails.
    if (this.#socket.readyState !== SOCKET_OPEN) return
    this.#tcp.write(frames.length === 1 ? frames[0]! : Buffer.concat(frames, bytes), onSent)
  }
}

const TEXT = { binary: false } as const

/** Sends message by message through `ws`. */
class MessageWriter implements SocketWriter {
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
