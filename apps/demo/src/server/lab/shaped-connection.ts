import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { DelayLine } from './delay-line.ts'

/** The quality of a connection. */
export interface Shape {
  /** Added to each way, in milliseconds. */
  readonly latencyMs: number
  /** Towards the client; `null`: as fast as it is. */
  readonly bytesPerSecond: number | null
}

/** A connection that is left alone. */
export const AS_IT_IS: Shape = { latencyMs: 0, bytesPerSecond: null }

/** Bytes under way, towards the client, above which nothing more is taken: a long line, not an endless one. */
const MAX_UNDER_WAY = 1_048_576
/** A slow line does not carry a second's worth at once. */
const PIECES_PER_SECOND = 20

/**
 * A TCP connection that can be made slow, long, and broken, as a phone's is. It stands between the socket and the HTTP
 * server, which takes any `Duplex` for a connection, so whatever is written is held up as by a network: it waits in
 * the buffers that the server looks at. Half of a `net.Socket` that HTTP and WebSocket servers ask for is passed on.
 */
export class ShapedConnection extends Duplex {
  shape: Shape = AS_IT_IS
  /** Bytes that were given to the client. */
  bytesSent = 0
  readonly #socket: Socket
  readonly #outward = new DelayLine()
  readonly #inward = new DelayLine()
  #bytesUnderWay = 0
  /** When the throttled line is free again. */
  #freeAt = 0
  #onRoom: (() => void) | undefined
  #throttle: NodeJS.Timeout | undefined

  constructor(socket: Socket) {
    super({ allowHalfOpen: true })
    this.#socket = socket
    socket.on('data', (bytes: Buffer) => {
      this.#inward.send(this.shape.latencyMs, () => {
        if (!this.push(bytes)) socket.pause()
      })
    })
    socket.on('end', () => this.#inward.send(this.shape.latencyMs, () => this.push(null)))
    socket.on('timeout', () => this.emit('timeout'))
    socket.on('error', (error) => this.destroy(error))
    socket.on('close', () => this.destroy())
  }

  /** Bytes that were written and have not been given to the client's connection. */
  get unsentBytes(): number {
    return this.writableLength + this.#bytesUnderWay + this.#socket.writableLength
  }

  /** Ends it as a broken network does: with a reset, and without what was under way. */
  cut(): void {
    this.#socket.resetAndDestroy()
    this.destroy()
  }

  override _read(): void {
    this.#socket.resume()
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#carry(bytes, done)
  }

  override _final(done: () => void): void {
    this.#outward.send(this.shape.latencyMs, () => {
      this.#socket.end()
      done()
    })
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#throttle)
    this.#outward.clear()
    this.#inward.clear()
    this.#socket.destroy()
    done(error)
  }

  /** Through the narrow place, piece by piece; the writer waits as long as that takes. */
  #carry(bytes: Buffer, done: () => void): void {
    const { bytesPerSecond } = this.shape
    if (bytesPerSecond === null) {
      this.#send(bytes, done)
      return
    }
    const piece = bytes.subarray(0, Math.max(1, Math.floor(bytesPerSecond / PIECES_PER_SECOND)))
    const now = performance.now()
    this.#freeAt = Math.max(now, this.#freeAt) + (piece.length / bytesPerSecond) * 1000
    this.#throttle = setTimeout(() => {
      const rest = bytes.subarray(piece.length)
      this.#send(piece, rest.length === 0 ? done : () => this.#carry(rest, done))
    }, this.#freeAt - now)
  }

  /** Along the line, however long; the writer waits only when it is full. */
  #send(bytes: Buffer, done: () => void): void {
    this.#bytesUnderWay += bytes.length
    const isLong = this.shape.latencyMs > 0 || !this.#outward.isEmpty
    this.#outward.send(this.shape.latencyMs, () => {
      this.#socket.write(bytes, () => {
        this.#bytesUnderWay -= bytes.length
        this.bytesSent += bytes.length
        if (!isLong) done()
        else if (this.#bytesUnderWay < MAX_UNDER_WAY) this.#roomAgain()
      })
    })
    if (!isLong) return
    if (this.#bytesUnderWay < MAX_UNDER_WAY) done()
    else this.#onRoom = done
  }

  #roomAgain(): void {
    const onRoom = this.#onRoom
    this.#onRoom = undefined
    onRoom?.()
  }

  get remoteAddress(): string | undefined {
    return this.#socket.remoteAddress
  }

  get remotePort(): number | undefined {
    return this.#socket.remotePort
  }

  setTimeout(ms: number): this {
    this.#socket.setTimeout(ms)
    return this
  }

  setNoDelay(isOn?: boolean): this {
    this.#socket.setNoDelay(isOn)
    return this
  }

  setKeepAlive(isOn?: boolean, delayMs?: number): this {
    this.#socket.setKeepAlive(isOn, delayMs)
    return this
  }

  /** Ends it, and closes it when everything has been sent. */
  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }
}
