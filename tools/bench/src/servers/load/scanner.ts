import { Marks } from './marks.ts'

const QUOTE = 0x22
const SPACE = 0x20
const ZERO = 0x30

/** The callbacks of a {@link Scanner}. */
export interface Findings {
  /** The tokens that follow belong to this stream. */
  onStream?(id: string): void
  /** A token is there in full: its number, and when it was made. */
  onToken(number: number, madeAtUs: number): void
  /** The answer has come to its end. */
  onEnd(): void
  /** The server wants to know whether somebody is there. */
  onPing?(): void
  /** Socket.IO has let the client into its namespace. */
  onConnected?(): void
}

type Found = 'token' | 'stream' | 'end' | 'ping' | 'connected'

const TOKEN = [
  ['token', '"content":"'],
  // The AI SDK's name for the same.
  ['token', '"delta":"'],
] as const

/** The marks of the answers of each wire. */
export const SIGNS = {
  /** The last chunk of a chunked body (RFC 9112 §7.1) is its end. */
  http: signs([...TOKEN, ['end', '\r\n0\r\n\r\n']]),
  ws: signs([...TOKEN, ['stream', '"stream_id":"'], ['end', '"stream_complete"'], ['ping', '"type":"ping"']]),
  // A ping of Engine.IO is a message of one digit; a text frame of one byte begins with these two.
  socketIo: signs([
    ...TOKEN,
    ['stream', '"stream_id":"'],
    ['end', '"stream_complete"'],
    ['ping', '\x81\x012'],
    ['connected', '40{"sid"'],
  ]),
} as const

interface Signs {
  readonly marks: Marks
  readonly found: readonly Found[]
}

function signs(list: readonly (readonly [Found, string])[]): Signs {
  return {
    marks: new Marks(list.map(([, text]) => Buffer.from(text, 'latin1'))),
    found: list.map(([found]) => found),
  }
}

/**
 * Finds the tokens in the bytes of a connection as they come from the socket. It knows no more of SSE, WebSocket,
 * JSON and chunked bodies than the places of a token's number and time: a parser would cost more than the servers that
 * are measured.
 */
export class Scanner {
  readonly #signs: Signs
  readonly #findings: Findings
  #state = 0
  #field: 'number' | 'stamp' | 'stream' | undefined
  #number = 0
  #stamp = 0
  /** As much of a stream's id as an earlier read had of it. */
  #idBefore = ''

  constructor(given: Signs, findings: Findings) {
    this.#signs = given
    this.#findings = findings
  }

  /** Takes what the socket gave. */
  read(bytes: Buffer, from: number, to: number): void {
    const { marks } = this.#signs
    let state = this.#state
    let idFrom = from
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!
      if (this.#field === undefined) {
        state = marks.step(state, byte)
        const found = marks.found(state)
        if (found === -1) continue
        state = 0
        this.#find(this.#signs.found[found]!)
        idFrom = at + 1
      } else if (this.#field !== 'stream') this.#readDigit(byte)
      else if (byte === QUOTE) {
        this.#field = undefined
        this.#findings.onStream?.(this.#idBefore + bytes.toString('latin1', idFrom, at))
        this.#idBefore = ''
      }
    }
    if (this.#field === 'stream') this.#idBefore += bytes.toString('latin1', idFrom, to)
    this.#state = state
  }

  #find(found: Found): void {
    if (found === 'end') this.#findings.onEnd()
    else if (found === 'ping') this.#findings.onPing?.()
    else if (found === 'connected') this.#findings.onConnected?.()
    else if (found === 'stream') this.#field = 'stream'
    else {
      this.#field = 'number'
      this.#number = 0
      this.#stamp = 0
    }
  }

  #readDigit(byte: number): void {
    if (byte === QUOTE) {
      this.#field = undefined
      // The text that the AI SDK puts between its own events has no number.
      if (this.#number > 0) this.#findings.onToken(this.#number, this.#stamp)
    } else if (byte === SPACE) this.#field = 'stamp'
    else if (this.#field === 'number') this.#number = this.#number * 10 + byte - ZERO
    else this.#stamp = this.#stamp * 10 + byte - ZERO
  }
}
