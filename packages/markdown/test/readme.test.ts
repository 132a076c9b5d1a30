import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { launchChromium } from '@sluice/programs/chromium'
import { build } from 'esbuild'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url))
const read = (file: string): string => readFileSync(pathOf(file), 'utf8')
const readme = read('../README.md')

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

test.each(['view.ts', 'highlight.ts', 'react.tsx'])('the README shows examples/%s', (file) => {
  const [, region = ''] = read(`examples/${file}`).split(/^\/\/ #(?:end)?region\n/m)
  expect(readme).toContain(`\n\`\`\`${file.split('.')[1]}\n${region.trim()}\n\`\`\`\n`)
})

/** What an example shows in a page that has what it needs. */
async function run(file: string, html: string, given: string, shown: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [pathOf(`examples/${file}`)],
    bundle: true,
    write: false,
    outdir: 'out',
    format: 'esm',
    conditions: ['sluice-source'],
  })
  const script = outputFiles.find(({ path }) => path.endsWith('.js'))!.text
  const page = await browser.newPage()
  await page.setContent(`<!doctype html>${html}`)
  await page.addScriptTag({ content: given })
  await page.addScriptTag({ content: script, type: 'module' })
  await page.locator(shown).waitFor()
  const result = await page.locator('[data-sluice-markdown]').innerHTML()
  await page.close()
  return result
}

test('the first example shows a stream', async () => {
  const given = 'var stream = (async function* () { yield "Hello **wor"; yield "ld**" })()'
  const html = await run('view.ts', '<main id="answer"></main>', given, 'strong')
  expect(html).toContain('Hello <strong>world</strong>')
})

test('the second example colours code', async () => {
  const given = 'var element = document.querySelector("main")'
  const html = await run('highlight.ts', '<main></main>', given, '.hljs-keyword')
  expect(html).toContain('<span class="hljs-keyword">let</span>')
})
