import { gate } from '@sluice/plugin-tests'
import { launchChromium } from '@sluice/programs/chromium'
import { test } from 'tap'
import { serve } from './support/server.ts'

const WORDS = Array.from({ length: 300 }, (_, index) => `${index}: né 漢 👩‍👩‍👧 "\\\r\n\u2028id: 7\n\n`)

test('the EventSource of Chromium is cut off, resumes, reads every word once, and stops at the end', async (t) => {
  const half = gate()
  const resumed = gate()
  const methods: string[] = []
  const lastEventIds: unknown[] = []
  const server = await serve(t, {
    retryMs: 20,
    before: (app) => {
      app.get('/', (_request, reply) => reply.type('text/html').send('<title>page</title>'))
      app.addHook('onRequest', async ({ method, headers, url }, { raw }) => {
        if (!url.startsWith('/streams/')) return
        methods.push(method)
        if (method !== 'GET') return
        lastEventIds.push(headers['last-event-id'])
        if (lastEventIds.length > 1) return
        void half.opened.then(() => raw.socket?.resetAndDestroy())
      })
    },
    run: async function* () {
      yield* WORDS.slice(0, 100)
      await resumed.opened
      yield* WORDS.slice(100)
    },
  })
  const browser = await launchChromium()
  t.teardown(() => browser.close())
  const page = await browser.newPage()
  await page.exposeFunction('onHalf', half.open)
  await page.exposeFunction('onResumed', resumed.open)
  await page.goto(`${server.url}/`)
  const seen = await page.evaluate(async () => {
    const response = await fetch('/streams/chat', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"prompt":"hello"}',
    })
    const location = response.headers.get('location') ?? ''
    await response.body?.cancel()

    const source = new EventSource(location)
    const ids: string[] = []
    let text = ''
    let opened = 0
    const { onHalf, onResumed } = globalThis as unknown as Record<string, () => void>
    source.onopen = () => {
      opened += 1
      if (opened > 1) onResumed?.()
    }
    source.onmessage = ({ data, lastEventId }) => {
      const event = JSON.parse(data)
      ids.push(lastEventId)
      if (event.type === 'content_chunk') text += event.content
      if (ids.length === 101) onHalf?.()
    }
    await new Promise<void>((stopped) => {
      source.onerror = () => {
        if (source.readyState === EventSource.CLOSED) stopped()
      }
    })
    return { ids, text, opened }
  })
  t.equal(seen.text, WORDS.join(''))
  t.same(seen.ids, WORDS.map((_, index) => `${index + 1}`).concat('301', '302'))
  t.same(lastEventIds, [undefined, '101', '302'], 'the last request is answered with 204')
  t.same(methods, ['POST', 'GET', 'GET', 'GET'])
})
