import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** How a connection ends: in good order (FIN), or not (RST). */
export type CutKind = 'end' | 'reset'

interface Cut {
  readonly kind: CutKind
  readonly done: () => void
  bytesLeft: number
}

/** A network that a test can break: TCP connections to a port on this machine, byte for byte, until they are cut. */
export class FaultyProxy {
  readonly #target: number
  readonly #server: Server
  readonly #pairs = new Set<readonly [client: Socket, upstream: Socket]>()
  #cut: Cut | undefined
  #isDown = false
  #refused = 0

  private constructor(target: number) {
    this.#target = target
    this.#server = createServer((client) => this.#accept(client))
  }

  static async start(target: number): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(target)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** How many connections were refused while the network was down. */
  get refused(): number {
    return this.#refused
  }

  /** Lets so many more bytes through to clients, then cuts all connections. Resolves when that has happened. */
  cutAfter(bytes: number, kind: CutKind): Promise<void> {
    return new Promise((done) => {
      this.#cut = { bytesLeft: bytes, kind, done }
    })
  }

  /** Cuts all connections, and refuses new ones. */
  goDown(): void {
    this.#isDown = true
    this.#cutAll('reset')
  }

  comeBack(): void {
    this.#isDown = false
  }

  async close(): Promise<void> {
    this.#cutAll('end')
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(client: Socket): void {
    client.on('error', () => {})
    if (this.#isDown) {
      this.#refused += 1
      client.resetAndDestroy()
      return
    }
    const upstream = connect(this.#target, '127.0.0.1')
    upstream.on('error', () => client.destroy())
    const pair = [client, upstream] as const
    this.#pairs.add(pair)
    client.pipe(upstream)
    upstream.on('data', (bytes) => this.#forward(bytes, client, upstream))
    upstream.on('end', () => client.end())
    client.on('drain', () => upstream.resume())
    client.on('close', () => {
      this.#pairs.delete(pair)
      upstream.destroy()
    })
  }

  #forward(bytes: Buffer, client: Socket, upstream: Socket): void {
    const cut = this.#cut
    if (cut === undefined || bytes.length < cut.bytesLeft) {
      if (cut !== undefined) cut.bytesLeft -= bytes.length
      if (!client.write(bytes)) upstream.pause()
      return
    }
    this.#cut = undefined
    upstream.pause()
    client.write(bytes.subarray(0, cut.bytesLeft), () => {
      this.#cutAll(cut.kind)
      cut.done()
    })
  }

  #cutAll(kind: CutKind): void {
    for (const [client, upstream] of this.#pairs) {
      if (kind === 'reset') client.resetAndDestroy()
      else client.destroy()
      upstream.destroy()
    }
    this.#pairs.clear()
  }
}
