import { connect, type Socket } from 'node:net'
import type { Target } from '../contestant.ts'
import type { Ask } from '../server/tokens.ts'
import type { Answer } from './answer.ts'
import type { Delays } from './delays.ts'

/** A client at the other end of a raw socket, as cheap as one can be. */
export interface Connection {
  readonly answers: readonly Answer[]
  /** Asks for an answer. */
  start(ask: Ask): Answer
  /** Goes on with an answer that another connection has begun, after the tokens that it has brought. */
  resume(name: string, after: number): Answer
  /** Reads nothing from here on, as a client whose lid was closed. */
  stall(): void
  /** Gone without a word. */
  cut(): void
}

/** The parts of a connection. */
export interface ConnectionOptions {
  readonly target: Target
  readonly delays: Delays
}

/** All sockets read into this: what they bring is scanned at once, and an allocation for each would cost more. */
const shared = Buffer.allocUnsafeSlow(256 * 1024)

/** Linux answers on all of 127/8, and each address has its own range of ports. */
const LOCAL_ADDRESSES = process.platform === 'linux' ? 16 : 1
let opened = 0

/** Opens a socket whose bytes are scanned in place, without a copy. */
export function openSocket(
  { port }: Target,
  onRead: (bytes: Buffer, length: number) => void,
  onClose: (error: Error | undefined) => void,
): Socket {
  opened += 1
  const socket = connect({
    port,
    host: '127.0.0.1',
    ...(LOCAL_ADDRESSES > 1 ? { localAddress: `127.0.0.${1 + (opened % LOCAL_ADDRESSES)}` } : {}),
    noDelay: true,
    onread: {
      buffer: shared,
      callback: (length) => {
        onRead(shared, length)
        return true
      },
    },
  })
  let failure: Error | undefined
  socket.on('error', (error) => {
    failure = error
  })
  socket.on('close', () => onClose(failure))
  return socket
}
