import { createClient, type StreamSession, sse, ws } from '../src/index.ts'
import { until } from './until.ts'

// The steps that the tests of a page run in it. Plain values go in and out.

// Relative: a window that another has opened begins as `about:blank`, and this with it.
const transports = { sse: () => sse({ url: '/streams' }), ws: () => ws({ url: '/streams/ws' }) }
const clientOver = (name: keyof typeof transports) => createClient({ transport: transports[name]() })
const sessions: StreamSession[] = []

/** A client whose token takes so long each time but the first. */
const slowToken = (ms: number) => {
  let count = 0
  const headers = async () => {
    if (count++ > 0) await new Promise((resolve) => setTimeout(resolve, ms))
    return { 'x-token': 'good' }
  }
  return createClient({ transport: sse({ url: '/streams', headers }) })
}
let tokenClient: ReturnType<typeof slowToken> | undefined

export const inPage = {
  /** A stream to its end by a client whose token takes so long from then on. */
  async firstOfSlowToken(ms: number): Promise<string> {
    tokenClient = slowToken(ms)
    return (await tokenClient.start('chat', 'first').done).state
  },

  /** Starts by that client; `detached`: the view that has started it is gone at once. */
  startWithSlowToken(isDetached: boolean): void {
    const session = tokenClient!.start('chat', 'second')
    if (isDetached) session.detach()
  },

  /** How long a Stop takes, and a request of the page's own beside it, in milliseconds. */
  async timeStop(index: number): Promise<{ stop: number; page: number; state: string }> {
    const at = performance.now()
    const page = fetch('/page', { cache: 'no-store' }).then(() => performance.now() - at)
    await sessions[index]!.cancel()
    return { stop: performance.now() - at, page: await page, state: sessions[index]!.state }
  },

  /** Starts it, and waits until something of it is there. */
  async start(name: keyof typeof transports): Promise<string | null> {
    const session = clientOver(name).start('chat', 'x') as StreamSession
    sessions.push(session)
    const { streamId } = await until(session, ({ text }) => text !== '')
    return streamId
  },

  /** Resumes the stream that the page's storage remembers, to its end; `null` if it remembers none. */
  async resume(name: keyof typeof transports): Promise<{ streamId: string | null; text: string } | null> {
    const session = clientOver(name).resume('chat')
    if (session === undefined) return null
    const { streamId, text } = await session.done
    return { streamId, text }
  },

  /** The whole text of a stream from this address. */
  async textFrom(name: keyof typeof transports, url: string): Promise<string> {
    const transport = name === 'sse' ? sse({ url }) : ws({ url })
    return (await createClient({ transport }).start('chat', 'x').done).text
  },

  remembered: (): number => sessionStorage.length,

  /** Starts this number of streams at once by one client, and waits until as many run as can. */
  async startMany(count: number, running: number): Promise<number> {
    const one = clientOver('sse')
    for (let index = 0; index < count; index += 1) {
      sessions.push(one.start('chat', `${index}`, { rememberAs: false }) as StreamSession)
    }
    await Promise.all(sessions.slice(0, running).map((session) => until(session, ({ text }) => text !== '')))
    return sessions.filter(({ snapshot }) => snapshot.waiting?.for === 'turn').length
  },

  /** Cancels one, and waits until another has come in its place. */
  async cancel(index: number, successor: number): Promise<string> {
    await sessions[index]!.cancel()
    await until(sessions[successor]!, ({ text }) => text !== '')
    return sessions[index]!.state
  },

  /** Reads every event slowly in a tab that nobody sees: it is given no frames. */
  async readUnseen(name: keyof typeof transports): Promise<{ seen: number; text: string }> {
    Object.defineProperty(document, 'hidden', { value: true })
    Object.defineProperty(document, 'visibilityState', { value: 'hidden' })
    globalThis.requestAnimationFrame = () => 0
    const session = clientOver(name).start('chat', 'x') as StreamSession
    let seen = 0
    let text = ''
    const texts = (async () => {
      for await (const whole of session.text()) text = whole
    })()
    for await (const _ of session) {
      seen += 1
      if (seen % 50 === 0) await new Promise((resolve) => setTimeout(resolve))
    }
    await texts
    return { seen, text }
  },
}
