import { Worker } from 'node:worker_threads'
import type { ThreadData } from './messages.ts'

/** Where the compiled packages have `.js`, the sources have `.ts`. */
const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js'

/** What a {@link Thread} tells. */
export interface ThreadObserver<Answer> {
  answered(answer: Answer): void
  /** It has ended, though nobody has closed it. */
  failed(error: Error): void
}

/** A thread of this package. It keeps no process alive. */
export class Thread<Message, Answer> {
  readonly #worker: Worker
  readonly #exited: Promise<void>
  #isClosed = false

  constructor(name: 'write' | 'chores', data: ThreadData, observer: ThreadObserver<Answer>) {
    const file = new URL(`./${name}-thread.${EXTENSION}`, import.meta.url)
    // The options of the process are not for it: a test runner's, a profiler's.
    this.#worker = new Worker(file, { workerData: data, execArgv: [], name: `sluice-sqlite-${name}` })
    this.#worker.unref()
    this.#worker.on('message', (answer: Answer) => observer.answered(answer))
    this.#worker.on('error', (error: Error) => this.#isClosed || observer.failed(error))
    this.#exited = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        resolve()
        if (!this.#isClosed) observer.failed(new Error(`The thread ${name} has exited with code ${code}.`))
      })
    })
  }

  send(message: Message): void {
    this.#worker.postMessage(message)
  }

  /** Resolves when it has done everything that was sent, and is gone. */
  close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true
      this.#worker.ref()
      this.#worker.postMessage('close')
    }
    return this.#exited
  }
}
