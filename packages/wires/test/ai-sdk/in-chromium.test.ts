import { type Fault, FaultProxy, schedule } from '@sluice/fault-proxy'
import { launchChromium } from '@sluice/programs/chromium'
import { seededRandom } from '@sluice/random'
import { build } from 'esbuild'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { uiMessages } from '../../src/ai-sdk/index.ts'
import { aborted, ChatServer } from '../support/chat-server.ts'
import { expectedMessage } from '../support/expected-message.ts'
import { randomParts } from '../support/random-script.ts'
import type { inPage, TransportName } from './in-page.tsx'

const runs = Number(process.env.SLUICE_RUNS ?? 100)
const firstSeed = Number(process.env.SLUICE_SEED ?? 1)
/** Each line is a tab on an origin of its own. */
const LINES = 4

let browser: Browser
let context: BrowserContext
let code: string
let server: ChatServer
let goOn: () => void
let gate: Promise<void>

beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { inPage } from './in-page.tsx'; globalThis.inPage = inPage`,
      resolveDir: new URL('.', import.meta.url).pathname,
    },
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    jsx: 'automatic',
    conditions: ['sluice-source'],
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
  })
  code = outputFiles[0]!.text
  browser = await launchChromium()
})
afterAll(() => browser?.close())

beforeEach(async () => {
  gate = new Promise((resolve) => {
    goOn = resolve
  })
  context = await browser.newContext()
  await context.addInitScript({ content: code })
  server = await ChatServer.listen(
    async function* (question, signal) {
      if (question.startsWith('seed ')) {
        for (const part of randomParts(Number(question.split(' ')[1]))) {
          await new Promise(setImmediate)
          yield part
        }
        return
      }
      yield 'first '
      await Promise.race([gate, aborted(signal)])
      yield 'last'
    },
    {
      heartbeatMs: 150,
      // Somewhere for a browser to stand.
      addRoutes: (app) =>
        app.get('/page', (_request, reply) => reply.type('text/html').send('<!doctype html><body>')),
    },
  )
})
afterEach(async () => {
  goOn()
  await context.close()
  await server.close()
})

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

async function openPage(port: number): Promise<Page> {
  const page = await context.newPage()
  await page.goto(`http://127.0.0.1:${port}/page`)
  return page
}

const sees = (page: Page, what: object) =>
  vi.waitFor(async () => expect(await act(page, 'seen')).toMatchObject(what), { timeout: 30_000 })

describe.each<TransportName>(['default', 'workflow'])('useChat, with the %s transport', (name) => {
  test('after a cut, a reload and in a second tab the answer is whole, of one generation', async () => {
    const proxy = await FaultProxy.before(server.port)
    const page = await openPage(proxy.port)
    await act(page, 'show', name)
    await sees(page, { status: 'ready', count: 0, error: undefined })
    await act(page, 'send', 'Hi')
    await sees(page, { status: 'streaming', text: 'first ', count: 2 })
    proxy.drop()
    const second = await openPage(proxy.port)
    await act(second, 'show', name)
    await sees(second, { status: 'streaming', text: 'first ' })
    const third = await openPage(proxy.port)
    await act(third, 'show', name)
    await sees(third, { status: 'streaming', text: 'first ' })
    await third.reload()
    await act(third, 'show', name)
    await sees(third, { status: 'streaming', text: 'first ' })
    goOn()
    for (const tab of [page, second, third])
      await sees(tab, { status: 'ready', text: 'first last', error: undefined })
    expect(server.questions).toEqual(['Hi'])
    await proxy.close()
  })
})

test('Stop of a page reaches the provider', async () => {
  const page = await openPage(server.port)
  await act(page, 'show', 'default')
  await act(page, 'send', 'Hi')
  await sees(page, { text: 'first ' })
  await act(page, 'stop')
  await vi.waitFor(() => expect(server.stopped).toEqual(['Hi']))
  await sees(page, { status: 'ready', text: 'first ' })
})

// `WorkflowChatTransport` has no time limit and fails if a request has no answer at all: it heals cuts of a body.
const cutsOfBodies = (seed: number): Fault[] => {
  const random = seededRandom(seed)
  return Array.from({ length: Math.floor(random() * 3) }, () => ({
    after: 900 + Math.floor(random() * 3_000),
    ending: (['close', 'reset', 'truncate'] as const)[Math.floor(random() * 3)]!,
    pieces: [1 + Math.floor(random() * 400)],
  }))
}

test.each<[TransportName, (seed: number) => Fault[]]>([
  ['default', schedule],
  ['workflow', cutsOfBodies],
])(
  `with the %s transport, in ${runs} schedules of faults, the message is the one that was produced, of one generation`,
  async (name, faults) => {
    const proxies = await Promise.all(Array.from({ length: LINES }, () => FaultProxy.before(server.port)))
    let seed = firstSeed
    let waits = 0
    await Promise.all(
      proxies.map(async (proxy) => {
        const page = await openPage(proxy.port)
        while (seed < firstSeed + runs) {
          const mine = seed++
          // A connection that is kept alive from the previous schedule would have no faults.
          proxy.drop()
          proxy.faults = faults(mine)
          const question = `seed ${mine}`
          const { message, error, waits: more } = await act(page, 'ask', name, question)
          waits += more
          expect([mine, error]).toEqual([mine, undefined])
          const { streamId } = message!.metadata as { streamId: string }
          // As it comes out of the page: without fields that are undefined.
          const expected = JSON.parse(JSON.stringify(await expectedMessage(server.hub, streamId, uiMessages)))
          expect([mine, JSON.parse(JSON.stringify(message))]).toEqual([mine, expected])
          expect(server.questions.filter((asked) => asked === question)).toHaveLength(1)
        }
      }),
    )
    const faulted = proxies.reduce((sum, proxy) => sum + proxy.faulted, 0)
    console.log(`${name}: ${runs} schedules, ${faulted} faults, ${waits} waits`)
    expect(faulted).toBeGreaterThan(runs / 2)
    await Promise.all(proxies.map((proxy) => proxy.close()))
  },
  3_600_000,
)
