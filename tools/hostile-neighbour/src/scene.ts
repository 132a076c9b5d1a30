import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Answers, AttackName } from './attacks.ts'
import { PACE_MS } from './pace.ts'
import type { ServerReport } from './server.ts'
import { type Reading, readOverSse, readOverWs } from './viewers.ts'

/** How often each attack had each answer. */
export type Results = Readonly<Record<AttackName, Answers>>

/** A server, and a hostile process that attacks it when it is told to. */
export class Scene {
  readonly #server: ChildProcess
  readonly #port: number
  #attacker: ChildProcess | undefined

  private constructor(server: ChildProcess, port: number) {
    this.#server = server
    this.#port = port
  }

  static async begin(): Promise<Scene> {
    const server = run('server.ts')
    const [{ port }] = (await once(server, 'message')) as [{ port: number }]
    return new Scene(server, port)
  }

  /** Honest viewers, half of them over each transport, each with an answer and an owner of its own. */
  async read(viewers: number, seconds: number): Promise<readonly Reading[]> {
    const count = numbersIn(seconds)
    return Promise.all(
      Array.from({ length: viewers }, (_, index) =>
        (index % 2 === 0 ? readOverSse : readOverWs)(this.#port, `honest ${index}`, count),
      ),
    )
  }

  /** Attacks begin. */
  async attack(): Promise<void> {
    this.#attacker = run('attacker.ts', `${this.#port}`)
    await once(this.#attacker, 'message')
  }

  /** They end, and tell the answers that they have had. */
  async peace(): Promise<Results> {
    const told = once(this.#attacker!, 'message')
    this.#attacker!.send('peace')
    return ((await told) as [Results])[0]
  }

  async report(): Promise<ServerReport> {
    return this.#ask('report')
  }

  /** Cancels all that an owner has running. */
  async cancel(owner: string): Promise<ServerReport> {
    return this.#ask({ cancel: owner })
  }

  end(): void {
    this.#attacker?.kill('SIGKILL')
    this.#server.kill('SIGKILL')
  }

  async #ask(wish: 'report' | { readonly cancel: string }): Promise<ServerReport> {
    this.#server.send(wish)
    return ((await once(this.#server, 'message')) as [ServerReport])[0]
  }
}

/** How many numbers an answer has that takes so long. */
function numbersIn(seconds: number): number {
  return Math.round((seconds * 1_000) / PACE_MS)
}

/** The text of an answer that takes so long. */
export function textOf(seconds: number): string {
  return Array.from({ length: numbersIn(seconds) }, (_, number) => `${number} `).join('')
}

/** The longest pause of all of them, in milliseconds. */
export function longestPause(readings: readonly Reading[]): number {
  return Math.max(...readings.map(({ longestPauseMs }) => longestPauseMs))
}

function run(file: string, ...args: readonly string[]): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url))
  return fork(path, [...args], { execArgv: ['--conditions=sluice-source'] })
}
