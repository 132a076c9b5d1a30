import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** The options of an {@link Instance}. */
export interface InstanceOptions {
  /** The arguments of Node: the file, and flags before it. */
  readonly nodeArgs: readonly string[]
  readonly env: NodeJS.ProcessEnv
  /** It listens on this port. */
  readonly onUp: (port: number) => void
  /** It has ended, or died. */
  readonly onDown: (how: string) => void
}

/** Between the end of one process and the start of the next, in milliseconds: long enough to be seen. */
const PAUSE_MS = 500
/** One that ends so soon has not died, it cannot start: the next try waits longer. */
const SHORT_LIFE_MS = 5_000
const LONGEST_PAUSE_MS = 10_000

/** A demo's process that is started anew whenever it ends, until it is stopped. */
export class Instance {
  readonly #options: InstanceOptions
  #process: ChildProcess | undefined
  #again: NodeJS.Timeout | undefined
  #isStopping = false
  #shortLives = 0

  constructor(options: InstanceOptions) {
    this.#options = options
    this.#start()
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  /** Asks it to end in good order, and waits for it. */
  async stop(): Promise<void> {
    this.#isStopping = true
    clearTimeout(this.#again)
    const process = this.#process
    if (process === undefined) return
    process.kill('SIGTERM')
    await once(process, 'exit')
  }

  #start(): void {
    const { nodeArgs, env, onUp } = this.#options
    const startedAt = performance.now()
    // A group of its own: Ctrl-C in a terminal is for the cluster, which then ends its instances one after the other.
    const child = spawn(process.execPath, nodeArgs, {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    })
    this.#process = child
    let output = ''
    child.stdout.on('data', (text: Buffer) => {
      if (output.includes('\n\n')) return
      output += text
      const port = /http:\/\/\S+:(\d+)/.exec(output)?.[1]
      if (port === undefined) return
      output = '\n\n'
      onUp(Number(port))
    })
    child.on('exit', (code, signal) =>
      this.#ended(signal ?? `exit code ${code}`, performance.now() - startedAt),
    )
  }

  #ended(how: string, livedMs: number): void {
    this.#process = undefined
    this.#options.onDown(how)
    if (this.#isStopping) return
    this.#shortLives = livedMs < SHORT_LIFE_MS ? this.#shortLives + 1 : 0
    const pauseMs = Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** Math.max(0, this.#shortLives - 1))
    this.#again = setTimeout(() => this.#start(), pauseMs)
  }
}
