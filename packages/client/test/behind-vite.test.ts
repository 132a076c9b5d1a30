import { launchChromium } from '@sluice/programs/chromium'
import type { Browser } from 'playwright-core'
import { createServer, type ViteDevServer } from 'vite'
import { afterEach, expect, test } from 'vitest'
import { bundle } from './bundle.ts'
import type { inPage } from './in-page.ts'
import { BothServer } from './servers.ts'

let browser: Browser | undefined
let vite: ViteDevServer | undefined
let server: BothServer | undefined
afterEach(async () => {
  await browser?.close()
  await vite?.close()
  await server?.close()
})

test('behind the proxy that Vite’s documentation shows, which changes Host: start, resume and Stop', async () => {
  let finish = () => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  server = await BothServer.listen(async function* () {
    yield 'first '
    await finished
    yield 'last'
  })
  const target = `http://127.0.0.1:${server.port}`
  vite = await createServer({
    configFile: false,
    root: import.meta.dirname,
    logLevel: 'silent',
    optimizeDeps: { noDiscovery: true },
    server: {
      host: '127.0.0.1',
      port: 0,
      hmr: false,
      proxy: { '/streams': { target, changeOrigin: true }, '/page': target },
    },
  })
  await vite.listen()
  const address = vite.httpServer!.address() as { port: number }
  browser = await launchChromium()
  const page = await browser.newPage()
  const source = `import { inPage } from './in-page.ts'; globalThis.inPage = inPage`
  await page.addInitScript({ content: (await bundle(source, 'iife')).code })
  await page.goto(`http://127.0.0.1:${address.port}/page`)
  type Acts = { inPage: typeof inPage }
  const streamId = await page.evaluate(() => (globalThis as never as Acts).inPage.start('sse'))
  expect(streamId).not.toBeNull()
  await page.reload()
  const resumed = page.evaluate(() => (globalThis as never as Acts).inPage.resume('sse'))
  finish()
  expect(await resumed).toMatchObject({ streamId, text: 'first last' })
  expect(server.runs).toHaveLength(1)
})
