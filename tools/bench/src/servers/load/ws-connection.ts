import type { Socket } from 'node:net'
import { ReceiveWindow } from '@sluice/core'
import type { Target, Wire } from '../contestant.ts'
import type { Ask } from '../server/tokens.ts'
import { Answer } from './answer.ts'
import { type Connection, type ConnectionOptions, openSocket } from './connection.ts'
import type { Delays } from './delays.ts'
import { Scanner, SIGNS } from './scanner.ts'
import { textFrame } from './ws-frame.ts'

/** As much of a WebSocket as a load generator needs; any number of answers on one. */
export class WsConnection implements Connection {
  readonly answers: Answer[] = []
  readonly #wire: Wire
  readonly #delays: Delays
  readonly #scanner: Scanner
  readonly #socket: Socket
  readonly #byName = new Map<string, Answer>()
  readonly #windows = new Map<Answer, ReceiveWindow>()
  #isUpgraded = false
  /** Whether more may be sent than what opens it. */
  #isOpen = false
  /** The message to send as soon as that is possible. */
  #waiting: string[] = []
  #current: Answer | undefined

  constructor({ target, delays }: ConnectionOptions) {
    this.#wire = target.wire
    this.#delays = delays
    this.#scanner = new Scanner(target.wire === 'socket.io' ? SIGNS.socketIo : SIGNS.ws, {
      onStream: (id) => this.#turnTo(id),
      onToken: (number, madeAtUs) => this.#current!.token(number, madeAtUs),
      onEnd: () => this.#current!.end(),
      onConnected: () => this.#open(),
      onPing: () => this.#write(target.wire === 'socket.io' ? '3' : '{"type":"pong"}'),
    })
    this.#socket = openSocket(
      target,
      (bytes, length) => this.#read(bytes, length),
      (error) => {
        for (const answer of this.answers) answer.close(error?.message)
      },
    )
    this.#socket.write(upgradeRequest(target))
  }

  start(ask: Ask): Answer {
    return this.#attach(0, { type: 'stream_request', stream: 'chat', input: ask })
  }

  resume(name: string, after: number): Answer {
    // The first event of a stream is none of its tokens.
    const cursor = after === 0 ? 0 : after + 1
    const answer = this.#attach(after, { type: 'resume_stream', stream_id: name, last_chunk_id: cursor })
    this.#byName.set(name, answer)
    return answer
  }

  stall(): void {
    this.#socket.pause()
  }

  cut(): void {
    this.#socket.resetAndDestroy()
  }

  /** Sends the acks that are due, as the client does. */
  acknowledge(): void {
    for (const [answer, window] of this.#windows) {
      if (answer.isEnded) {
        this.#windows.delete(answer)
        continue
      }
      window.processed(answer.tokens === 0 ? 0 : answer.tokens + 1)
      if (window.ackDueInMs > 0) continue
      const { chunkId, limit, queueLength } = window.ack()
      this.#write(
        `{"type":"chunk_ack","stream_id":"${answer.name}","chunk_id":${chunkId},"limit":${limit},"queue_length":${queueLength}}`,
      )
    }
  }

  #attach(after: number, message: Readonly<Record<string, unknown>>): Answer {
    const answer = new Answer(this.#delays, after)
    this.answers.push(answer)
    const window = new ReceiveWindow({ after: after === 0 ? 0 : after + 1 })
    if (this.#wire === 'sluice-ws') this.#windows.set(answer, window)
    const request = { request_id: String(this.answers.length), window: window.declared, ...message }
    this.#write(
      this.#wire === 'socket.io' ? `42${JSON.stringify(['ask', request])}` : JSON.stringify(request),
    )
    return answer
  }

  #write(text: string): void {
    if (this.#isOpen) this.#socket.write(textFrame(text))
    else this.#waiting.push(text)
  }

  #read(bytes: Buffer, length: number): void {
    this.#delays.readNow()
    let from = 0
    if (!this.#isUpgraded) {
      from = this.#readUpgrade(bytes.toString('latin1', 0, length))
      if (this.#wire === 'socket.io') this.#socket.write(textFrame('40'))
      else this.#open()
    }
    this.#scanner.read(bytes, from, length)
    if (this.#windows.size > 0) this.acknowledge()
  }

  #open(): void {
    this.#isOpen = true
    for (const text of this.#waiting.splice(0)) this.#write(text)
  }

  #readUpgrade(text: string): number {
    const end = text.indexOf('\r\n\r\n')
    if (!text.startsWith('HTTP/1.1 101') || end < 0) throw new Error(text)
    this.#isUpgraded = true
    return end + 4
  }

  /** A stream that is new is the next of those that were asked for: they are all alike. */
  #turnTo(id: string): void {
    if (this.#current?.name === id) return
    let answer = this.#byName.get(id)
    if (answer === undefined) {
      answer = this.answers.find(({ name }) => name === '')!
      this.#byName.set(id, answer)
    }
    answer.name = id
    answer.attach()
    this.#current = answer
  }
}

function upgradeRequest({ port, path, wire }: Target): string {
  const subprotocol = wire === 'socket.io' ? '' : 'sec-websocket-protocol: sluice.v1\r\n'
  return `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n${subprotocol}\r\n`
}
