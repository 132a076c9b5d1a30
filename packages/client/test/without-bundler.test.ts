import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { launchChromium } from '@sluice/programs/chromium'
import { expect, test } from 'vitest'
import { BothServer } from './servers.ts'

const page = `<!doctype html><body><script type="importmap">
{ "imports": { "@sluice/client": "/client.js" } }
</script><script type="module">
import { createClient, sse } from '@sluice/client'
const client = createClient({ transport: sse({ url: '/streams' }) })
for await (const text of client.start('chat', 'x').text()) document.body.textContent = text
</script></body>`

test('a page without a bundler loads the client as one file, by an import map', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-browser-'))
  const file = join(folder, 'client.js')
  await promisify(execFile)(process.execPath, [
    fileURLToPath(new URL('../tools/browser-file.mjs', import.meta.url)),
    file,
  ])
  const code = await readFile(file, 'utf8')
  await rm(folder, { recursive: true })
  // No import is left, of another package or another file.
  expect(code).not.toMatch(/\bimport[ "{*]|}from"/)

  const server = await BothServer.listen(
    async function* () {
      yield 'loaded'
    },
    {},
    (app) => {
      app.get('/client.js', (_, reply) => reply.type('text/javascript').send(code))
      app.get('/', (_, reply) => reply.type('text/html').send(page))
    },
  )
  const browser = await launchChromium()
  try {
    const tab = await browser.newPage()
    await tab.goto(`http://127.0.0.1:${server.port}/`)
    await tab.waitForFunction(() => document.body.textContent === 'loaded')
  } finally {
    await browser.close()
    await server.close()
  }
})
