import { FaultProxy, schedule } from '@sluice/fault-proxy'
import { launchChromium } from '@sluice/programs/chromium'
import { build } from 'esbuild'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { inPage } from './in-page.ts'
import { chunksOf, eventsOf, expectAnswer, seededAnswer } from './seeded.ts'
import {
  type Answer,
  endless,
  listenOpenAi,
  type OpenAiServer,
  type ServerOptions,
  serveOpenAi,
} from './support.ts'

/** How many schedules, and from which seed on: a failure names its seed. */
const runs = Number(process.env.SLUICE_RUNS ?? 100)
const firstSeed = Number(process.env.SLUICE_SEED ?? 1)
/** Each line is a tab on an origin of its own. */
const LINES = 4

let browser: Browser
let context: BrowserContext
let server: OpenAiServer

const options: ServerOptions = {
  options: { heartbeatMs: 150 },
  // Somewhere for a browser to stand.
  before: (app) => {
    app.get('/page', (_request, reply) => reply.type('text/html').send('<!doctype html><body>'))
  },
}

beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { inPage } from './in-page.ts'; globalThis.inPage = inPage`,
      resolveDir: new URL('.', import.meta.url).pathname,
    },
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    conditions: ['sluice-source'],
    logLevel: 'error',
  })
  browser = await launchChromium()
  context = await browser.newContext()
  await context.addInitScript({ content: outputFiles[0]!.text })
  server = await listenOpenAi(seededAnswer, options)
})
afterAll(async () => {
  await browser?.close()
  await server.close()
})

/** Does one of the things that a page does here. */
function act<Name extends keyof typeof inPage>(
  page: Page,
  name: Name,
  question: string,
): Promise<Awaited<ReturnType<(typeof inPage)[Name]>>> {
  return page.evaluate(
    ([what, asked]) =>
      (globalThis as never as { inPage: Record<string, (question: string) => never> }).inPage[what]!(asked),
    [name as string, question] as const,
  )
}

async function openPage(port: number): Promise<Page> {
  const page = await context.newPage()
  await page.goto(`http://127.0.0.1:${port}/page`)
  return page
}

describe.each([
  ['chat', chunksOf],
  ['responses', eventsOf],
] as const)('openai in a page: %s', (name, expected) => {
  test(`has in ${runs} schedules of faults all of the answer, of one generation`, async () => {
    let seed = firstSeed
    let faulted = 0
    await Promise.all(
      Array.from({ length: LINES }, async () => {
        const proxy = await FaultProxy.before(server.port)
        const page = await openPage(proxy.port)
        while (seed < firstSeed + runs) {
          const question = `${name} ${seed}`
          proxy.drop()
          proxy.faults = schedule(seed, { maxBytes: 6_000 })
          seed += 1
          const got = await act(page, name, question)
          const first = got[0] as { readonly id?: string; readonly response?: { readonly id: string } }
          await expectAnswer(server, { question, id: first.id ?? first.response!.id, got }, expected)
        }
        faulted += proxy.faulted
        await page.close()
        await proxy.close()
      }),
    )
    // The schedules are worth their name.
    expect(faulted).toBeGreaterThan(runs / 2)
  }, 3_600_000)
})

test('an abort in a page reaches the provider', async () => {
  const { answer, stopped } = endless()
  const { port } = await serveOpenAi(answer satisfies Answer, options)
  const page = await openPage(port)
  await act(page, 'stop', 'Hi')
  await stopped
  await page.close()
}, 60_000)
