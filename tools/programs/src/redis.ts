import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from 'redis'
import { findProgram, type Program } from './find.ts'
import { freePort } from './port.ts'

const REDIS: Program = {
  title: 'Redis 7 or Valkey',
  variable: 'REDIS_SERVER_PATH',
  names: ['redis-server', 'valkey-server'],
  places: ['/usr/bin/redis-server', '/usr/local/bin/redis-server', '/opt/homebrew/bin/redis-server'],
  install: 'Debian: sudo apt-get install redis-server; macOS: brew install redis',
}

/** Options of {@link RedisServer.start}. */
export interface RedisServerOptions {
  /** Arguments of `redis-server` beside those that {@link RedisServer.start} gives it. @default none */
  readonly settings?: readonly string[]
  /** Whether it is out of reach of the terminal's Ctrl-C, for one who stops it by himself. @default false */
  readonly detached?: boolean
}

/** A Redis of one's own, that one may freeze, kill and start again. Nothing is kept on disk. */
export class RedisServer {
  readonly port: number
  readonly #args: readonly string[]
  readonly #detached: boolean
  #process: ChildProcess | undefined

  private constructor(port: number, args: readonly string[], detached: boolean) {
    this.port = port
    this.#args = args
    this.#detached = detached
  }

  /**
   * Starts one on a free port. Resolves when it takes connections.
   * @throws {Error} that says what to install, if there is none.
   */
  static async start({ settings = [], detached = false }: RedisServerOptions = {}): Promise<RedisServer> {
    const port = await freePort()
    const alone = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
    const replication = [
      // A replica would leave what it was sent in a file, and any server that starts beside it would load that.
      ...['--repl-diskless-sync', 'yes', '--repl-diskless-load', 'swapdb'],
      // By itself a primary waits five seconds for more replicas that it could serve with the same bytes.
      ...['--repl-diskless-sync-delay', '0'],
    ]
    return RedisServer.#started(new RedisServer(port, [...alone, ...replication, ...settings], detached))
  }

  /** Starts one that is told all of its settings, this port among them. */
  static startWith(port: number, args: readonly string[]): Promise<RedisServer> {
    return RedisServer.#started(new RedisServer(port, args, false))
  }

  static async #started(server: RedisServer): Promise<RedisServer> {
    await server.start()
    return server
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Starts it again after {@link RedisServer.kill}, at the same port and without its data. */
  async start(): Promise<void> {
    const child = spawn(findProgram(REDIS), this.#args, { stdio: 'ignore', detached: this.#detached })
    this.#process = child
    // A port says that it is bound by taking a connection, and in no other way.
    while (!(await accepts(this.port))) {
      if (hasEnded(child)) throw new Error(`redis-server ended right away, with exit code ${child.exitCode}.`)
      await pause(10)
    }
  }

  /** Stands still, as a Redis does that swaps or whose host is migrated. */
  freeze(): void {
    this.#process?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#process?.kill('SIGCONT')
  }

  /** Sends one command on a separate connection. Rejects when that breaks. */
  async command(...args: string[]): Promise<unknown> {
    const client = createClient({ url: this.url, socket: { reconnectStrategy: false } })
    // The command is told as well.
    client.on('error', () => {})
    await client.connect()
    try {
      return await client.sendCommand(args)
    } finally {
      client.destroy()
    }
  }

  /** Dies without a word, and with all that it had. */
  async kill(): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (child === undefined || hasEnded(child)) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
