import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { startModelServer } from '@sluice/model-server'
import { launchChromium } from '@sluice/programs/chromium'
import { build } from 'esbuild'
import { expect, test, vi } from 'vitest'

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8')

test.each(['server.ts', 'page.tsx', 'types.ts', 'workflow.ts'])(
  'the README has the example %s as it is',
  async (file) => {
    const source = await read(`../examples/ai-sdk/${file}`)
    const [, code] = /\/\/ #region \w+\n([\s\S]*?)\/\/ #endregion/.exec(source)!
    const language = file.endsWith('x') ? 'tsx' : 'ts'
    expect(await read('../../README.md')).toContain(
      `\`\`\`${language}\n${code!.trim().replace('port: 0', 'port: 3000')}\n\`\`\``,
    )
  },
)

test('each option of the plugin is in its table', async () => {
  const source = (await read('../../src/ai-sdk/plugin.ts'))
    .split('export interface AiSdkOptions')[1]!
    .split('\n}\n')[0]!
  const options = [...source.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name!)
  expect(options).toContain('input')
  const table = (await read('../../README.md')).split('### Options')[1]!.split('\n## ')[0]!
  expect(options.filter((name) => !table.includes(`\`${name}\``))).toEqual([])
})

test('each test that the table of clients names is there', async () => {
  const table = (await read('../../README.md')).split('## Clients')[1]!.split('\n## ')[0]!
  const files = [...table.matchAll(/`([\w/-]+\.test\.ts)`/g)].map(([, file]) => file!)
  expect(files.length).toBeGreaterThan(0)
  for (const file of files) await read(`../${file}`)
})

test('the page shows what the server says', async () => {
  const model = await startModelServer({ ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY })
  vi.stubEnv('OPENAI_API_KEY', 'any')
  vi.stubEnv('OPENAI_BASE_URL', model.baseURL)
  const { app } = await import('../examples/ai-sdk/server.ts')
  const { port } = app.server.address() as AddressInfo
  const { outputFiles } = await build({
    stdin: {
      contents: `
        import { createElement } from 'react'
        import { createRoot } from 'react-dom/client'
        import { Chat } from '../examples/ai-sdk/page.tsx'
        createRoot(document.body).render(createElement(Chat, { id: 'chat1' }))`,
      resolveDir: new URL('.', import.meta.url).pathname,
    },
    ...{ bundle: true, write: false, jsx: 'automatic', conditions: ['sluice-source'], logLevel: 'error' },
    define: { 'process.env.NODE_ENV': '"production"' },
  })
  const browser = await launchChromium()
  const context = await browser.newContext({ extraHTTPHeaders: { 'x-user': 'ann' } })
  await context.route('**/page', (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: `<body></body><script>${outputFiles[0]!.text}</script>`,
    }),
  )
  const page = await context.newPage()
  await page.goto(`http://127.0.0.1:${port}/page`)
  await page.getByText('Ask').click()
  await page.getByText(model.answerFor('Where do I begin?')).waitFor()
  expect(await page.locator('p.assistant').count()).toBe(1)
  expect(model.requests).toHaveLength(1)
  await browser.close()
  await app.close()
  await model.close()
})
