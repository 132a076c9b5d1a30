import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from 'redis'

const PLACES = [process.env.REDIS_SERVER_PATH, '/usr/bin/redis-server', '/usr/local/bin/redis-server']

/** A Redis of the test's own, that it may freeze, kill and start again. Nothing is kept on disk. */
export class RedisServer {
  readonly port: number
  readonly #more: readonly string[]
  #process: ChildProcess | undefined

  private constructor(port: number, more: readonly string[]) {
    this.port = port
    this.#more = more
  }

  static async start(...more: string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), more)
    await server.start()
    return server
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  async start(): Promise<void> {
    const path = PLACES.find((place) => place !== undefined && existsSync(place))
    if (path === undefined) {
      throw new Error(
        'These tests need redis-server 7 (or valkey-server): install it, or name it in REDIS_SERVER_PATH.',
      )
    }
    const args = ['--port', `${this.port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
    this.#process = spawn(path, [...args, ...this.#more], { stdio: 'ignore' })
    await this.#answers()
  }

  /** Stands still, as a Redis does that swaps or whose host is migrated. */
  freeze(): void {
    this.#process?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#process?.kill('SIGCONT')
  }

  /** Asks by hand, on a connection of its own. */
  async command(...args: string[]): Promise<unknown> {
    const client = createClient({ url: this.url })
    await client.connect()
    try {
      return await client.sendCommand(args)
    } finally {
      client.destroy()
    }
  }

  /** Dies without a word, and with all that it had. */
  async kill(): Promise<void> {
    const process = this.#process
    this.#process = undefined
    if (process === undefined) return
    const exited = once(process, 'exit')
    process.kill('SIGKILL')
    await exited
  }

  /** A port says when it is bound by taking a connection, and in no other way. */
  async #answers(): Promise<void> {
    for (;;) {
      const socket = connect(this.port, '127.0.0.1')
      const isUp = await new Promise<boolean>((resolve) => {
        socket.once('connect', () => resolve(true))
        socket.once('error', () => resolve(false))
      })
      socket.destroy()
      if (isUp) return
      if (this.#process?.exitCode !== null) throw new Error(`redis-server exited at port ${this.port}`)
      await pause(10)
    }
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
