import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { complete, content, start } from '../../test/events.ts'
import { scripted } from '../../test/scripted-transport.ts'
import { until } from '../../test/until.ts'

/** A window that counts who listens. */
class Browser extends EventTarget {
  listeners = 0
  readonly navigator = { onLine: true }

  override addEventListener(...parameters: Parameters<EventTarget['addEventListener']>): void {
    this.listeners += 1
    super.addEventListener(...parameters)
  }

  override removeEventListener(...parameters: Parameters<EventTarget['removeEventListener']>): void {
    this.listeners -= 1
    super.removeEventListener(...parameters)
  }

  goes(state: 'online' | 'offline'): void {
    this.navigator.onLine = state === 'online'
    this.dispatchEvent(new Event(state))
  }
}

let browser: Browser
const { transport, client } = scripted()

beforeEach(() => {
  browser = new Browser()
  vi.stubGlobal('navigator', browser.navigator)
  vi.stubGlobal('addEventListener', browser.addEventListener.bind(browser))
  vi.stubGlobal('removeEventListener', browser.removeEventListener.bind(browser))
})
afterEach(() => {
  expect(browser.listeners).toBe(0)
})

test('offline, it waits for the network, not for a timer', async () => {
  const session = client({ retry: { maxElapsedMs: 1_000 } }).start('chat', null)
  ;(await transport.connection()).accept().send(start(), content(2, 'a')).drop()
  browser.goes('offline')
  expect((await until(session, ({ waiting }) => waiting !== null)).waiting).toMatchObject({ for: 'online' })
  browser.goes('online')
  const second = await transport.connection()
  expect(second.cursor).toBe(2)
  second.accept().send(complete(3)).drop()
  expect((await session.done).text).toBe('a')
})

test('a wait that was going on when the network came back ends at once', async () => {
  const session = client({ retry: { baseMs: 60_000, capMs: 60_000 } }).start('chat', null)
  ;(await transport.connection()).refuse(new TypeError('fetch failed'))
  await until(session, ({ waiting }) => waiting !== null)
  browser.goes('online')
  ;(await transport.connection()).accept().send(start(), complete(2)).drop()
  expect((await session.done).state).toBe('completed')
})

test('a connection that lived through the absence is replaced when the network is back', async () => {
  const session = client().start('chat', null)
  const first = (await transport.connection()).accept().send(start())
  await until(session, ({ lastChunkId }) => lastChunkId === 1)
  browser.goes('offline')
  expect(first.signal.aborted).toBe(false)
  browser.goes('online')
  expect(first.signal.aborted).toBe(true)
  ;(await transport.connection()).accept().send(complete(2)).drop()
  expect(await session.done).toMatchObject({ state: 'completed', reconnects: 1 })
})
