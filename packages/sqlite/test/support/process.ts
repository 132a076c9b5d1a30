import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Survives } from '../../src/index.ts'

const SERVER = fileURLToPath(new URL('server.ts', import.meta.url))

const running = new Set<ServerProcess>()

/** A server in a process of its own, that can be killed. */
export class ServerProcess {
  readonly url: string
  /** What it has asked the provider for. */
  readonly asked: { readonly from: number; readonly restarts: number }[] = []
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.url = `http://127.0.0.1:${port}`
    running.add(this)
    child.once('exit', () => running.delete(this))
    child.on('message', (message: { asked?: { from: number; restarts: number } }) => {
      if (message.asked !== undefined) this.asked.push(message.asked)
    })
  }

  /** For the end of a test that has failed. */
  static async killAll(): Promise<void> {
    await Promise.all([...running].map((server) => server.kill()))
  }

  static async start(path: string, survives: Survives = 'process'): Promise<ServerProcess> {
    const child = fork(SERVER, [path, survives], { execArgv: ['--conditions=sluice-source'] })
    const early: unknown[] = []
    return new Promise((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`The server has exited with ${code}.`)))
      const onMessage = (message: { port?: number }): void => {
        if (message.port === undefined) return void early.push(message)
        child.off('message', onMessage)
        const server = new ServerProcess(child, message.port)
        for (const before of early) child.emit('message', before)
        resolve(server)
      }
      child.on('message', onMessage)
    })
  }

  /** Ends it in the middle of whatever it is doing. */
  async kill(): Promise<void> {
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }

  /** Ends it as a deploy does. */
  async stop(): Promise<void> {
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await exited
  }
}
