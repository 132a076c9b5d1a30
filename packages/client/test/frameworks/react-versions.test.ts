import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { createHub, memoryLog } from '@sluice/core/server'
import fastifySse from '@sluice/fastify-sse'
import { launchChromium } from '@sluice/programs/chromium'
import { type BuildOptions, build } from 'esbuild'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { arrive, seen } from './react-chat.tsx'
import { gate, streams } from './streams.ts'

interface Acts {
  readonly page: {
    readonly seen: typeof seen
    readonly arrive: typeof arrive
    readonly recovered: string[]
    readonly frames: { count: number }
  }
}

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

const answer = Array.from({ length: 200 }, (_, index) => `w${index}`).join(' ')

describe.each([
  ['18', '-18'],
  ['19', ''],
])('React %s', (major, suffix) => {
  let app: FastifyInstance
  let starts = 0
  let folder: string
  let finish = () => {}

  beforeAll(async () => {
    folder = await mkdtemp(join(import.meta.dirname, '.react-'))
    const folderOf = (name: string) =>
      fileURLToPath(import.meta.resolve(`${name}${suffix}/package.json`)).replace(/package\.json$/, '')
    const bundled = async (file: string, options: BuildOptions) => {
      const outfile = join(folder, `${file}.mjs`)
      const { outputFiles } = await build({
        entryPoints: [join(import.meta.dirname, `${file}.tsx`)],
        outfile,
        bundle: true,
        format: 'esm',
        target: 'es2022',
        jsx: 'automatic',
        conditions: ['sluice-source', 'browser'],
        alias: { react: folderOf('react'), 'react-dom': folderOf('react-dom') },
        // Its complaints, of a mismatch for instance, are in words.
        define: { 'process.env.NODE_ENV': '"development"' },
        ...options,
      })
      return outputFiles?.[0]?.text ?? outfile
    }
    const code = await bundled('react-client', { write: false })
    // It is React's own CommonJS that needs `require`.
    const banner = { js: `import { createRequire } from 'node:module'; const require = createRequire('/');` }
    const server = await bundled('react-server', { platform: 'node', banner })
    const { html } = (await import(pathToFileURL(server).href)) as { html: string }

    app = Fastify({ forceCloseConnections: true })
    const hub = createHub({ streams, log: memoryLog() })
    await app.register(fastifySse, { hub, prefix: '/streams', owner: false })
    app.addHook('onRequest', async ({ method }) => {
      if (method === 'POST') starts += 1
    })
    app.get('/page.js', (_, reply) => reply.type('text/javascript').send(code))
    app.get('/', (_, reply) =>
      reply
        .type('text/html')
        .send(
          `<!doctype html><link rel="icon" href="data:,"><main id="app">${html}</main><script type="module" src="/page.js"></script>`,
        ),
    )
    await app.listen({ port: 0, host: '127.0.0.1' })
  })
  afterAll(async () => {
    await app?.close()
    await rm(folder, { recursive: true })
  })
  beforeEach(() => {
    starts = 0
    gate.opened = new Promise((resolve) => {
      finish = resolve
    })
  })

  /** The page, hydrated, and what was wrong with it. */
  async function open(): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage({
      baseURL: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
    })
    const complaints: string[] = []
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto('/')
    await page.waitForFunction(() => 'page' in globalThis)
    return { page, complaints }
  }

  const textOf = (page: Page) => page.$$eval('p', (all) => all.map(({ textContent }) => textContent?.trim()))
  const figures = (page: Page) =>
    page.evaluate(() => {
      const { seen, frames } = (globalThis as never as Acts).page
      return { commits: seen.commits, frames: frames.count, rows: { ...seen.rows } }
    })

  test('hydrates without a mismatch; one commit per frame; only the message that grows is rendered again', async () => {
    const { page, complaints } = await open()
    expect(await page.evaluate(() => document.documentElement.outerHTML)).toContain('Before.')
    await page.click('#send')
    await page.waitForFunction(() => document.body.textContent?.includes('w100'))
    expect(await textOf(page)).toMatchObject(['Before?', 'Before.', 'Where do I begin?', /^w0/])
    const before = await figures(page)
    finish()
    await page.waitForFunction(() => document.querySelector('output')?.textContent === 'ready')
    const after = await figures(page)
    expect((await textOf(page)).at(-1)).toBe(answer)
    expect(after.commits - before.commits).toBeLessThanOrEqual(after.frames - before.frames + 1)
    const again = Object.keys(after.rows).filter((id) => after.rows[id] !== before.rows[id])
    expect(again).toHaveLength(1)
    expect(['q', 'a']).not.toContain(again[0])
    expect(await page.evaluate(() => (globalThis as never as Acts).page.recovered)).toEqual([])
    expect(complaints).toEqual([])
    expect(starts).toBe(1)
    await page.close()
  })

  test('a transition to another conversation that suspends: the one before stays, and then nothing of it', async () => {
    const { page, complaints } = await open()
    await page.click('#send')
    await page.waitForFunction(() => document.body.textContent?.includes('w100'))
    await page.click('#next')
    // It goes on while the next one is not there.
    finish()
    await page.waitForFunction(() => document.body.textContent?.includes('w199'))
    expect(await page.textContent('h1')).toBe('trip')
    expect(await page.$('h2')).toBeNull()
    await page.evaluate(() => (globalThis as never as Acts).page.arrive())
    await page.waitForSelector('h2')
    expect(await page.textContent('h1')).toBe('next')
    expect(await textOf(page)).toEqual(['Before?', 'Before.'])
    expect(complaints).toEqual([])
    expect(starts).toBe(1)
    await page.close()
  })

  test(`it is React ${major} that was tested`, async () => {
    const { version } = (await import(`react${suffix}`)) as { version: string }
    expect(version).toMatch(new RegExp(`^${major}\\.`))
  })
})
