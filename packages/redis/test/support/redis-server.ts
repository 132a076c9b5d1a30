import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from 'redis'
import { until } from './waiting.ts'

const PLACES = [process.env.REDIS_SERVER_PATH, '/usr/bin/redis-server', '/usr/local/bin/redis-server']

/** A Redis of the test's own, that it may freeze, kill and start again. Nothing is kept on disk. */
export class RedisServer {
  readonly port: number
  readonly #args: readonly string[]
  #process: ChildProcess | undefined

  private constructor(port: number, args: readonly string[]) {
    this.port = port
    this.#args = args
  }

  static async start(...more: string[]): Promise<RedisServer> {
    const port = await freePort()
    const alone = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
    // A replica would leave what it was sent in a file, and any server that starts beside it would load that.
    const diskless = ['--repl-diskless-sync', 'yes', '--repl-diskless-load', 'swapdb']
    return RedisServer.startWith(port, [...alone, ...diskless, ...more])
  }

  /** One that is told all of its settings. */
  static async startWith(port: number, args: readonly string[]): Promise<RedisServer> {
    const server = new RedisServer(port, args)
    await server.start()
    return server
  }

  /** One that follows another, and is in step with it. */
  static async startReplica(primary: RedisServer): Promise<RedisServer> {
    const replica = await RedisServer.start('--replicaof', '127.0.0.1', `${primary.port}`)
    await until(async () =>
      String(await replica.command('INFO', 'replication')).includes('master_link_status:up'),
    )
    return replica
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
    this.#process = spawn(path, this.#args, { stdio: 'ignore' })
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
