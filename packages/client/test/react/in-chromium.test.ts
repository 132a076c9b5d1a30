import type { AddressInfo } from 'node:net'
import { createHub, type Hub, memoryLog } from '@sluice/core/server'
import fastifySse from '@sluice/fastify-sse'
import fastifyWs from '@sluice/fastify-ws'
import { launchChromium } from '@sluice/programs/chromium'
import { build } from 'esbuild'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { streams, words } from './examples/server.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const answer = words.join('')

let app: FastifyInstance
let hub: Hub
let browser: Browser
let page: Page
let complaints: string[]

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [new URL('page.tsx', import.meta.url).pathname],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    conditions: ['sluice-source'],
    // React as a site ships it, but with its profiler.
    define: { 'process.env.NODE_ENV': '"production"' },
    alias: { 'react-dom/client': 'react-dom/profiling' },
  })
  hub = createHub({ streams, log: memoryLog() })
  app = Fastify({ forceCloseConnections: true })
  await app.register(fastifySse, { hub, prefix: '/streams' })
  await app.register(fastifyWs, { hub, prefix: '/streams' })
  app.get('/page.js', (_request, reply) => reply.type('text/javascript').send(outputFiles[0]!.text))
  app.get('/:page', (_request, reply) =>
    reply
      .type('text/html')
      .send('<!doctype html><main id="app"></main><script type="module" src="/page.js"></script>'),
  )
  await app.listen({ port: 0, host: '127.0.0.1' })
  browser = await launchChromium()
})

afterAll(async () => {
  await browser?.close()
  await app?.close()
})

beforeEach(async () => {
  const { port } = app.server.address() as AddressInfo
  page = await browser.newPage({ baseURL: `http://127.0.0.1:${port}` })
  complaints = []
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
})

afterEach(async () => {
  await page.close()
  expect(complaints).toEqual([])
})

test('at 500 tokens a second there are no more commits than frames, and the text is exact', async () => {
  await page.goto('/measured')
  await page.getByRole('button', { name: 'Measure' }).click()
  const { commits, frames, text } = await page.evaluate(() => globalThis.counted)
  expect(text).toBe(answer)
  expect(await page.locator('p').textContent()).toBe(answer)
  // Beside the frames: one at the start, one at the end.
  expect(commits).toBeLessThanOrEqual(frames + 2)
  // It was shown as it came.
  expect(commits).toBeGreaterThan(4)
})

test('from SSE to WebSocket and back while it runs: one generation, and no word is lost', async () => {
  const { started } = hub.metrics().streams
  await page.goto('/switched')
  const socket = page.waitForEvent('websocket')
  const switching = page.getByRole('button', { name: 'Switch' })
  await page.getByRole('button', { name: 'Ask' }).click()
  await page.getByText('né100 ').waitFor()
  await switching.click()
  expect((await socket).url()).toContain('/streams/ws')
  await page.getByText('né700 ').waitFor()
  await switching.click()
  await page.getByText('completed').waitFor()
  expect(await page.locator('p').textContent()).toBe(answer)
  expect(hub.metrics().streams.started).toBe(started + 1)
})

test('the README’s hook: asked, reloaded in between, the whole text; asked again and stopped', async () => {
  const { started } = hub.metrics().streams
  await page.goto('/answer')
  await page.getByRole('button', { name: 'Ask' }).click()
  await page.getByText('né100 ').waitFor()
  await page.reload()
  await page.getByText('né1499').waitFor()
  expect(await page.locator('p').textContent()).toBe(answer)
  expect(hub.metrics().streams.started).toBe(started + 1)

  await page.getByRole('button', { name: 'Ask' }).click()
  await page.getByText('né100 ').waitFor()
  await page.getByRole('button', { name: 'Stop' }).click()
  await expect.poll(() => hub.load.streams).toBe(0)
  await page.getByRole('button', { name: 'Stop', disabled: true }).waitFor()
  expect(answer.startsWith((await page.locator('p').textContent())!)).toBe(true)
})

test('the README’s component: asked with Enter, shown as Markdown, stopped, dismissed', async () => {
  await page.goto('/chat')
  const field = page.getByRole('textbox', { name: 'Message' })
  const shown = page.getByRole('region', { name: 'Answer' })
  await field.fill('Short, please')
  await field.press('Enter')
  await page.getByText('The answer is complete.').waitFor()
  await shown.getByText('In short: yes.').waitFor()
  expect(await shown.locator('strong').textContent()).toBe('short')
  expect(await field.inputValue()).toBe('')

  await field.fill('Long, please')
  await page.getByRole('button', { name: 'Start' }).click()
  await shown.getByText('né100 ').waitFor()
  await page.getByRole('button', { name: 'Stop' }).click()
  await page.getByText('Stopped.').waitFor()
  await expect.poll(() => hub.load.streams).toBe(0)
  await page.getByRole('button', { name: 'Dismiss' }).click()
  expect(await shown.textContent()).toBe('')
})
