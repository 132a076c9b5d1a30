import { fileURLToPath } from 'node:url'
import { launchChromium } from '@sluice/programs/chromium'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

test('a diagram is drawn when its block closes; one that fails shows its source', {
  timeout: 60_000,
}, async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { createMarkdownView } from '../src/index.ts'
        import { mermaidBlocks } from '../src/mermaid/index.ts'
        const failed = window.failed = []
        const view = window.view = createMarkdownView(document.querySelector('main'), {
          overrides: { codeBlock: mermaidBlocks({ onError: (error, source) => failed.push(source) }) },
        })`,
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
      loader: 'ts',
    },
    bundle: true,
    write: false,
    format: 'iife',
    logLevel: 'error',
  })
  const browser = await launchChromium()
  const page = await browser.newPage()
  await page.setContent('<!doctype html><main></main>')
  await page.addScriptTag({ content: outputFiles[0]!.text })
  await page.evaluate('view.append("```mermaid\\ngraph TD\\n  A[One] --> B[Two]\\n")')
  await page.locator('pre').waitFor()
  expect(await page.locator('img').count()).toBe(0)
  await page.evaluate(
    'view.append("```\\n\\n```mermaid\\nthis is no diagram\\n```\\n\\n```js\\nx\\n```\\n\\nend")',
  )
  await page.locator('[data-diagram] img').waitFor()
  await page.waitForFunction('failed.length === 1')
  const found = await page.evaluate(async () => {
    const image = document.querySelector('img')!
    await image.decode()
    return {
      size: image.naturalWidth > 50 && image.naturalHeight > 50,
      source: document.querySelector('[data-diagram] code')!.textContent,
      others: [...document.querySelectorAll('main > div:not([data-diagram]) code')].map(
        (code) => code.textContent,
      ),
    }
  })
  expect(found).toEqual({
    size: true,
    source: 'graph TD\n  A[One] --> B[Two]\n',
    others: ['this is no diagram\n', 'x\n'],
  })
  await browser.close()
})
