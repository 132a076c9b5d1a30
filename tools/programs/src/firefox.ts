import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram, type Program } from './find.ts'

const FIREFOX: Program = {
  title: 'Firefox',
  variable: 'FIREFOX_PATH',
  names: ['firefox-esr', 'firefox'],
  places: [
    '/Applications/Firefox.app/Contents/MacOS/firefox',
    'C:\\Program Files\\Mozilla Firefox\\firefox.exe',
  ],
  install: 'Debian: sudo apt-get install firefox-esr; macOS: brew install --cask firefox',
}

// Nothing leaves the machine: every other host is behind a proxy that does not exist.
const PREFERENCES: Readonly<Record<string, string | number | boolean>> = {
  'network.proxy.type': 1,
  'network.proxy.http': '127.0.0.1',
  'network.proxy.http_port': 9,
  'network.proxy.ssl': '127.0.0.1',
  'network.proxy.ssl_port': 9,
  'network.proxy.no_proxies_on': '127.0.0.1, localhost',
  'app.update.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.reportingpolicy.firstRun': false,
}

/** A page in Firefox. */
export interface FirefoxPage {
  /** Loads an address, and waits for its `load` event. */
  goto(url: string): Promise<void>
  /** The result of an expression, which may be a promise, as JSON. */
  evaluate<T>(expression: string): Promise<T>
  /** The addresses that were asked for since the last call. */
  takeRequests(): string[]
}

/** A running Firefox. */
export interface Firefox {
  readonly page: FirefoxPage
  close(): Promise<void>
}

/**
 * Starts the installed Firefox, headless, in a new profile, and speaks WebDriver BiDi with it: Playwright needs a
 * Firefox that it has changed.
 * @throws {Error} that says what to install, if there is none.
 */
export async function launchFirefox(): Promise<Firefox> {
  const profile = mkdtempSync(join(tmpdir(), 'sluice-firefox-'))
  const lines = Object.entries(PREFERENCES).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  )
  writeFileSync(join(profile, 'user.js'), lines.join('\n'))
  const args = ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0']
  const child = spawn(findProgram(FIREFOX), args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const session = await Session.connect(`${await addressOf(child)}/session`)
  await session.send('session.new', { capabilities: {} })
  const { contexts } = await session.send<{ contexts: { context: string }[] }>('browsingContext.getTree', {})
  const { context } = contexts[0]!
  await session.send('session.subscribe', { events: ['network.beforeRequestSent'] })

  const page: FirefoxPage = {
    async goto(url) {
      await session.send('browsingContext.navigate', { context, url, wait: 'complete' })
    },
    async evaluate<T>(expression: string) {
      const json = `(async () => JSON.stringify(await (${expression})))()`
      const answer = await session.send<{
        readonly result?: { readonly value?: string }
        readonly exceptionDetails?: { readonly text: string }
      }>('script.evaluate', { expression: json, target: { context }, awaitPromise: true })
      if (answer.exceptionDetails !== undefined) throw new Error(answer.exceptionDetails.text)
      const value = answer.result?.value
      return (value === undefined ? undefined : JSON.parse(value)) as T
    },
    takeRequests: () => session.requests.splice(0),
  }
  return {
    page,
    async close() {
      session.close()
      child.kill()
      await exited
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** The address of the debugger, which Firefox writes when it listens. */
function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stderr!.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
      const [, address] = /WebDriver BiDi listening on (\S+)/.exec(text) ?? []
      if (address !== undefined) resolve(address)
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`Firefox ended with ${code} before it listened: ${text}`)))
  })
}

interface Message {
  readonly id?: number
  readonly type: string
  readonly method?: string
  readonly result?: unknown
  readonly message?: string
  readonly params?: { readonly request?: { readonly url: string } }
}

/** Commands and answers over one socket (W3C WebDriver BiDi). */
class Session {
  readonly requests: string[] = []
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()
  #lastId = 0

  static connect(url: string): Promise<Session> {
    const socket = new WebSocket(url)
    return new Promise((resolve, reject) => {
      socket.addEventListener('open', () => resolve(new Session(socket)))
      socket.addEventListener('error', () => reject(new Error(`Firefox does not answer at ${url}.`)))
    })
  }

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => this.#take(JSON.parse(String(data)) as Message))
    socket.addEventListener('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('Firefox closed the connection.'))
    })
  }

  send<T>(method: string, params: object): Promise<T> {
    const id = ++this.#lastId
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: (result) => resolve(result as T), reject })
      this.#socket.send(JSON.stringify({ id, method, params }))
    })
  }

  close(): void {
    this.#socket.close()
  }

  #take({ id, type, method, result, message, params }: Message): void {
    if (method === 'network.beforeRequestSent') this.requests.push(params!.request!.url)
    const waiting = id === undefined ? undefined : this.#waiting.get(id)
    if (waiting === undefined) return
    this.#waiting.delete(id!)
    if (type === 'error') waiting.reject(new Error(message))
    else waiting.resolve(result)
  }
}
