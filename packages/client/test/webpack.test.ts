import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launchChromium } from '@sluice/programs/chromium'
import type { Browser } from 'playwright-core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import webpack from 'webpack'
import type { inPage } from './in-page.ts'
import { BothServer } from './servers.ts'

let folder: string
let browser: Browser | undefined
let server: BothServer | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-webpack-'))
})
afterEach(async () => {
  await browser?.close()
  await server?.close()
  await rm(folder, { recursive: true })
})

/** The file that webpack makes of a module, with nothing set but what TypeScript sources need. */
async function build(contents: string): Promise<string> {
  const entry = join(folder, 'page.ts')
  await writeFile(entry, contents)
  const compiler = webpack({
    mode: 'production',
    context: import.meta.dirname,
    entry,
    output: { path: folder, filename: 'page.js' },
    resolve: { conditionNames: ['sluice-source', '...'] },
    resolveLoader: { alias: { typescript: join(import.meta.dirname, 'webpack-loader.mjs') } },
    module: { rules: [{ test: /\.ts$/, use: 'typescript' }] },
    performance: false,
  })
  const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) => {
    compiler?.run((error, result) => (error ? reject(error) : resolve(result)))
  })
  const { errors, warnings } = stats?.toJson({ preset: 'errors-warnings' }) ?? {}
  expect([errors, warnings]).toEqual([[], []])
  return readFile(join(folder, 'page.js'), 'utf8')
}

const here = JSON.stringify(import.meta.dirname).slice(1, -1)

test('webpack bundles it as it is: the short messages of browsers, and nothing that is not used', async () => {
  const code = await build(`
    import { createClient, sse } from '${here}/../src/index.ts'
    globalThis.client = createClient({ transport: sse({ url: '/streams' }) })
  `)
  expect(code).toContain('replaceAll("_"," ")')
  expect(code).not.toContain('WebSocket')
  expect(code.length).toBeLessThan(30_000)
})

test('a page of webpack: start, and what came, in Chromium', async () => {
  server = await BothServer.listen(async function* () {
    yield 'from webpack'
  })
  const code = await build(`
    import { inPage } from '${here}/in-page.ts'
    globalThis.inPage = inPage
  `)
  browser = await launchChromium()
  const page = await browser.newPage()
  await page.addInitScript({ content: code })
  await page.goto(`http://127.0.0.1:${server.port}/page`)
  type Acts = { inPage: typeof inPage }
  const streamId = await page.evaluate(() => (globalThis as never as Acts).inPage.start('sse'))
  expect(streamId).not.toBeNull()
  expect(server.runs).toHaveLength(1)
})
