import { FaultProxy } from '@sluice/fault-proxy'
import { launchChromium } from '@sluice/programs/chromium'
import { EventSource as NodeEventSource } from 'eventsource'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Visitor } from './server/support/visitor.ts'
import { LOGGING_QUESTION } from './support/chat-page.ts'
import { type RunningDemo, startDemo } from './support/demo.ts'

let demo: RunningDemo
let proxy: FaultProxy
let browser: Browser
/** `Last-Event-ID` and status of each GET of a stream. */
let reads: { lastEventId: string | undefined; status: number }[] = []

beforeAll(async () => {
  ;[browser, demo] = await Promise.all([
    launchChromium(),
    startDemo({
      pace: { ttftMs: 0, tokensPerSecond: 1_000 },
      retryMs: 100,
      prepare(app) {
        app.addHook('onSend', async ({ method, url, headers }, { statusCode: status }) => {
          if (method !== 'GET' || !url.startsWith('/streams/')) return
          reads.push({ lastEventId: headers['last-event-id'] as string | undefined, status })
        })
      },
    }),
  ])
  proxy = await FaultProxy.before(demo.port)
})
afterAll(async () => {
  await browser.close()
  await proxy.close()
  await demo.close()
})
beforeEach(() => {
  demo.model.reset()
  reads = []
})

interface Followed {
  readonly text: string
  /** The ids of the events, in order. */
  readonly ids: number[]
  readonly readyState: number
}

type OpenEventSource = (url: string) => EventSource

/** Follows a stream until the EventSource gives up. Stands alone: it runs in the page too. */
function follow(
  url: string,
  open: OpenEventSource = (address) => new EventSource(address),
): Promise<Followed> {
  return new Promise((resolve) => {
    const source = open(url)
    const ids: number[] = []
    let text = ''
    source.onmessage = ({ data, lastEventId }) => {
      ids.push(Number(lastEventId))
      const event = JSON.parse(data) as { type: string; content?: string }
      if (event.type === 'content_chunk') text += event.content
    }
    source.onerror = () => {
      const { readyState } = source
      if (readyState === source.CLOSED) resolve({ text, ids, readyState })
    }
  })
}

async function startStream(visitor: Visitor): Promise<string> {
  const response = await visitor.start(await visitor.begin(LOGGING_QUESTION))
  expect(response.status).toBe(200)
  await response.body!.cancel()
  return response.headers.get('location')!
}

async function cutThrice(): Promise<void> {
  await proxy.cutAfter(20_000, 'close')
  await proxy.cutAfter(50_000, 'reset')
  await proxy.cutAfter(10_000, 'close')
}

function expectWhole({ text, ids, readyState }: Followed): void {
  expect(text).toBe(demo.model.answerFor(LOGGING_QUESTION))
  expect(ids).toEqual(ids.map((_, index) => index + 1))
  expect(readyState).toBe(2)
  expect(demo.model.requests).toHaveLength(1)

  const cursors = reads.map(({ lastEventId }) => lastEventId)
  expect(cursors[0]).toBeUndefined()
  // After three cuts and the end; each comes back with a higher id than the one before.
  expect(cursors.slice(1).map(Number)).toEqual(
    cursors
      .slice(1)
      .map(Number)
      .toSorted((a, b) => a - b),
  )
  expect(reads.map(({ status }) => status)).toEqual([200, 200, 200, 200, 204])
  expect(cursors.at(-1)).toBe(String(ids.at(-1)))
}

test('a native EventSource comes back by itself, and stops at the end', async () => {
  const visitor = await Visitor.arrive(demo.url)
  const context = await browser.newContext({ extraHTTPHeaders: { cookie: visitor.cookie } })
  const page = await context.newPage()
  // An empty one: what the demo's own page fetches after its load event would have the cuts that are for the stream.
  await page.route(`${proxy.url}/`, (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }),
  )
  await page.goto(proxy.url)
  const location = await startStream(visitor)
  const cuts = cutThrice()
  const followed = page.evaluate<Followed>(`(${follow})(${JSON.stringify(location)})`)
  await cuts
  expectWhole(await followed)
  await context.close()
})

test('the eventsource package does so in Node', async () => {
  const visitor = await Visitor.arrive(demo.url)
  const location = await startStream(visitor)
  const cuts = cutThrice()
  const open = (url: string) =>
    new NodeEventSource(url, {
      fetch: (address, init) =>
        fetch(address, { ...init, headers: { ...init.headers, cookie: visitor.cookie } }),
    }) as unknown as EventSource
  const followed = follow(proxy.url + location, open)
  await cuts
  expectWhole(await followed)
})
