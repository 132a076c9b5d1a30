import type { Socket } from 'node:net'
import type { Target } from '../contestant.ts'
import type { Ask } from '../server/tokens.ts'
import { Answer } from './answer.ts'
import { type Connection, type ConnectionOptions, openSocket } from './connection.ts'
import type { Delays } from './delays.ts'
import { Scanner, SIGNS } from './scanner.ts'

const END_OF_HEAD = '\r\n\r\n'

/** One answer as an event stream. */
export class HttpConnection implements Connection {
  answers: readonly Answer[] = []
  readonly #target: Target
  readonly #delays: Delays
  readonly #scanner: Scanner
  readonly #socket: Socket
  #isHeadRead = false

  constructor({ target, delays }: ConnectionOptions) {
    this.#target = target
    this.#delays = delays
    this.#scanner = new Scanner(SIGNS.http, {
      onToken: (number, madeAtUs) => this.#answer.token(number, madeAtUs),
      onEnd: () => {
        this.#answer.end()
        this.#socket.destroy()
      },
    })
    this.#socket = openSocket(
      target,
      (bytes, length) => this.#read(bytes, length),
      (error) => this.#answer.close(error?.message),
    )
  }

  get #answer(): Answer {
    return this.answers[0]!
  }

  start(ask: Ask): Answer {
    const body = JSON.stringify(ask)
    return this.#ask(
      0,
      `POST ${this.#target.path}`,
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n`,
      body,
    )
  }

  resume(name: string, after: number): Answer {
    return this.#ask(after, `GET ${name}`, after === 0 ? '' : `last-event-id: ${this.#idOf(after)}\r\n`, '')
  }

  /** The id that a token came with. The first event of a stream is none of its tokens. */
  #idOf(token: number): string {
    const chunkId = token + 1
    if (this.#target.ids !== 'message') return `${chunkId}`
    // The first token begins the block, so it is the second message of its event.
    return token === 1 ? `${chunkId}.1.0` : `${chunkId}.0.2`
  }

  stall(): void {
    this.#socket.pause()
  }

  cut(): void {
    this.#socket.resetAndDestroy()
  }

  #ask(after: number, line: string, headers: string, body: string): Answer {
    const answer = new Answer(this.#delays, after)
    this.answers = [answer]
    this.#socket.write(
      `${line} HTTP/1.1\r\nhost: 127.0.0.1:${this.#target.port}\r\naccept: text/event-stream\r\n${headers}\r\n${body}`,
    )
    return answer
  }

  #read(bytes: Buffer, length: number): void {
    this.#delays.readNow()
    if (!this.#isHeadRead) this.#readHead(bytes.toString('latin1', 0, length))
    this.#scanner.read(bytes, 0, length)
  }

  /** It is in the first packet in all servers that are measured. */
  #readHead(text: string): void {
    this.#isHeadRead = true
    if (!text.startsWith('HTTP/1.1 200') || !text.includes(END_OF_HEAD)) {
      this.#answer.close(text)
      this.#socket.destroy()
      return
    }
    this.#answer.name = /\r\nlocation: (.+)\r\n/i.exec(text)?.[1] ?? ''
    this.#answer.attach()
  }
}
