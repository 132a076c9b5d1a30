import { launchChromium } from '@sluice/programs/chromium'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { bundle } from './bundle.ts'
import type { inPage } from './in-page.ts'
import { BothServer, type Script, transports } from './servers.ts'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 })

let browser: Browser
let context: BrowserContext
let code: string
let server: BothServer
let finish: () => void
let finished: Promise<void>

/** Says something at once, and the rest when it is told to. */
const inTwoParts: Script = async function* (_input, signal) {
  yield 'first '
  await Promise.race([
    finished,
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  ])
  yield 'last'
}

beforeAll(async () => {
  const source = `import { inPage } from './in-page.ts'; globalThis.inPage = inPage`
  const bundled = await bundle(source, 'iife')
  code = bundled.code
  browser = await launchChromium()
})
afterAll(() => browser?.close())
beforeEach(async () => {
  finished = new Promise((resolve) => {
    finish = resolve
  })
  context = await browser.newContext()
  await context.addInitScript({ content: code })
})
afterEach(async () => {
  await context.close()
  await server.close()
  expect(server.hub.load).toEqual({ streams: 0, viewers: 0 })
})

async function openPage(script: Script): Promise<Page> {
  server = await BothServer.listen(script)
  const page = await context.newPage()
  await page.goto(`http://127.0.0.1:${server.port}/page`)
  return page
}

/** Waits until the server has this number of viewers. */
function viewers(count: number): Promise<void> {
  return expect.poll(() => server.hub.load.viewers).toBe(count)
}

/** Does one of the things that a page does here. */
function act<Name extends keyof typeof inPage>(
  page: Page,
  name: Name,
  ...given: Parameters<(typeof inPage)[Name]>
): Promise<Awaited<ReturnType<(typeof inPage)[Name]>>> {
  return page.evaluate(
    ([what, values]) => {
      const acts = (globalThis as never as { inPage: Record<string, (...values: unknown[]) => never> }).inPage
      return acts[what]!(...values)
    },
    [name as string, given as unknown[]] as const,
  )
}

describe.each(transports)('over %s', (name) => {
  test('a page that is loaded again finds its stream, of one generation, and forgets it at its end', async () => {
    const page = await openPage(inTwoParts)
    const streamId = await act(page, 'start', name)
    await page.reload()
    const resumed = act(page, 'resume', name)
    await viewers(1)
    finish()
    expect(await resumed).toEqual({ streamId, text: 'first last' })
    expect(await act(page, 'remembered')).toBe(0)
    expect(await act(page, 'resume', name)).toBeNull()
    expect(server.runs).toHaveLength(1)
  })

  test('two tabs watch the same stream: the second one has a copy of what the first one remembers', async () => {
    const page = await openPage(inTwoParts)
    const streamId = await act(page, 'start', name)
    const [other] = await Promise.all([
      context.waitForEvent('page'),
      page.evaluate(() => {
        window.open(location.href)
      }),
    ])
    await other.waitForLoadState()
    const both = [page, other].map((tab) => act(tab, 'resume', name))
    // The first tab’s own session, and one in each.
    await viewers(3)
    finish()
    for (const resumed of await Promise.all(both)) expect(resumed).toEqual({ streamId, text: 'first last' })
    expect(server.runs).toHaveLength(1)
  })

  test('in a hidden tab, which has no frames, a slow consumer gets everything', async () => {
    const words = Array.from({ length: 1_500 }, (_, index) => `${index} `)
    const page = await openPage(async function* () {
      yield* words
    })
    expect(await act(page, 'readUnseen', name)).toEqual({ seen: words.length + 2, text: words.join('') })
  })
})

test('of HTTP/1.1’s six connections four are streams: Stop gets through, and the next one moves up', async () => {
  const page = await openPage(inTwoParts)
  expect(await act(page, 'startMany', 8, 4)).toBe(4)
  expect(await act(page, 'cancel', 0, 4)).toBe('cancelled')
  finish()
})

/** Waits until the server has begun this number of generations. */
const generations = (count: number) =>
  vi.waitFor(() => expect(server.runs).toHaveLength(count), { timeout: 10_000 })

describe('a start is delivered, though', () => {
  const word: Script = async function* () {
    yield 'word'
  }

  test('its view goes while the token is being made', async () => {
    const page = await openPage(word)
    expect(await act(page, 'firstOfSlowToken', 40)).toBe('completed')
    await act(page, 'startWithSlowToken', true)
    await generations(2)
  })

  test('the page goes while the token is being made: with the last one', async () => {
    const page = await openPage(word)
    expect(await act(page, 'firstOfSlowToken', 60_000)).toBe('completed')
    await act(page, 'startWithSlowToken', false)
    await page.goto('about:blank')
    await generations(2)
    expect(server.runs).toEqual(['first', 'second'])
  })
})

test('two tabs share four streams, so that Stop, and any other request, gets through at once', async () => {
  const first = await openPage(inTwoParts)
  expect(await act(first, 'startMany', 4, 4)).toBe(0)
  const second = await context.newPage()
  await second.goto(first.url())
  expect(await act(second, 'startMany', 4, 0)).toBe(4)
  const others = await second.evaluate(() =>
    fetch('/page', { cache: 'no-store' }).then(({ status }) => status),
  )
  expect(others).toBe(200)
  expect(server.runs).toHaveLength(4)
  const { stop, page, state } = await act(first, 'timeStop', 0)
  expect(state).toBe('cancelled')
  // Far from the 8 s and more that it took when all six connections were streams.
  expect(Math.max(stop, page)).toBeLessThan(4_000)
  // The connection that is free now is the other tab's.
  await generations(5)
  finish()
})

test.each(transports)('a relative URL over %s follows the `<base>` of a page', async (name) => {
  server = await BothServer.listen(
    async function* () {
      yield 'based'
    },
    {},
    (app) => {
      // Seen from the page's own address, `streams` would be another one.
      app.get('/deep/in/page', (_, reply) => reply.type('text/html').send('<!doctype html><base href="/">'))
    },
  )
  const page = await context.newPage()
  await page.goto(`http://127.0.0.1:${server.port}/deep/in/page`)
  expect(await act(page, 'textFrom', name, name === 'sse' ? 'streams' : 'streams/ws')).toBe('based')
})
