import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createHub, type Hub, memoryLog } from '@sluice/core/server'
import fastifySse from '@sluice/fastify-sse'
import { launchChromium } from '@sluice/programs/chromium'
import { build, type Plugin } from 'esbuild'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Browser } from 'playwright-core'
import { compile } from 'svelte/compiler'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { gate, streams } from './streams.ts'

const svelte: Plugin = {
  name: 'svelte',
  setup(build) {
    build.onLoad({ filter: /\.svelte$/ }, async ({ path }) => {
      const { js } = compile(await readFile(path, 'utf8'), { filename: path, generate: 'client' })
      return { contents: js.code, loader: 'js' }
    })
  },
}

let browser: Browser
let app: FastifyInstance
let hub: Hub
const answer = Array.from({ length: 200 }, (_, index) => `w${index}`).join(' ')

beforeAll(async () => {
  hub = createHub({ streams, log: memoryLog() })
  app = Fastify({ forceCloseConnections: true })
  await app.register(fastifySse, { hub, prefix: '/streams' })
  for (const page of ['react-page.tsx', 'vue-page.ts', 'svelte-page.ts']) {
    const { outputFiles } = await build({
      entryPoints: [new URL(page, import.meta.url).pathname],
      bundle: true,
      write: false,
      format: 'esm',
      target: 'es2022',
      conditions: ['sluice-source', 'svelte', 'browser'],
      plugins: [svelte],
      define: {
        'process.env.NODE_ENV': '"production"',
        __VUE_OPTIONS_API__: 'false',
        __VUE_PROD_DEVTOOLS__: 'false',
        __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
      },
    })
    const name = page.split('-')[0]
    app.get(`/${name}.js`, (_, reply) => reply.type('text/javascript').send(outputFiles[0]!.text))
    app.get(`/${name}`, (_, reply) =>
      reply.type('text/html').send(`<main id="app"></main><script type="module" src="/${name}.js"></script>`),
    )
  }
  await app.listen({ port: 0, host: '127.0.0.1' })
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await app?.close()
})

test.each(['react', 'vue', 'svelte'])(
  'a conversation in %s: asked, reloaded in mid-answer, and found again',
  async (name) => {
    const page = await browser.newPage({
      baseURL: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
    })
    const complaints: string[] = []
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    let finish = () => {}
    gate.opened = new Promise((resolve) => {
      finish = resolve
    })
    await page.goto(`/${name}`)
    await page.click('button')
    expect(await page.textContent('p[data-role=user]')).toBe('Where do I begin?')
    await page.waitForFunction(
      () => (document.querySelector('p[data-role=assistant]')?.textContent ?? '').length > 10,
    )
    await page.reload()
    await page.waitForFunction(() =>
      (document.querySelector('p[data-role=assistant]')?.textContent ?? '').includes('w100'),
    )
    finish()
    await page.waitForFunction(() => document.querySelector('output')?.textContent === 'ready')
    await page.waitForFunction(
      (whole) =>
        [...document.querySelectorAll('p[data-role=assistant]')].at(-1)?.textContent?.trim() === whole,
      answer,
    )
    await page.click('button')
    await page.waitForFunction(
      () =>
        document.querySelectorAll('p').length === 4 &&
        document.querySelector('output')?.textContent === 'ready',
    )
    const texts = await page.$$eval('p', (all) => all.map(({ textContent }) => textContent?.trim()))
    expect(texts).toEqual(['Where do I begin?', answer, 'Where do I begin?', answer])
    expect(complaints.filter((text) => !/favicon|404/.test(text))).toEqual([])
    await page.close()
  },
)
