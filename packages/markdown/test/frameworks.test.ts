import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { launchChromium } from '@sluice/programs/chromium'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { StreamingMarkdown } from '../src/react/node.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const style = readFileSync(new URL('../style.css', import.meta.url), 'utf8')
let browser: Browser
let page: Page
let errors: string[]
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())
beforeEach(async () => {
  page = await browser.newPage()
  errors = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) errors.push(message.text())
  })
})
afterEach(async () => {
  await page.close()
  expect(errors).toEqual([])
})

/** Runs a script that imports the package's sources in a page. */
async function run(html: string, script: string): Promise<void> {
  const { outputFiles } = await build({
    stdin: { contents: script, resolveDir: here, loader: 'tsx' },
    bundle: true,
    write: false,
    format: 'iife',
    define: {
      'process.env.NODE_ENV': '"development"',
      __VUE_OPTIONS_API__: 'true',
      __VUE_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    },
    logLevel: 'error',
  })
  await page.setContent(`<!doctype html><style>${style}</style>${html}`)
  await page.addScriptTag({ content: outputFiles[0]!.text })
}
const shown = (): Promise<string> =>
  page
    .locator('[data-sluice-markdown]')
    .evaluate((element) => element.innerHTML.replace(/ dir="[a-z]+"/g, ''))

test('Vue: a growing text is appended, another one begins anew, and nothing is left', async () => {
  await run(
    '<div id="app"></div>',
    `import { createApp, h, ref } from 'vue'
     import { StreamingMarkdown } from '../src/vue/index.ts'
     const text = ref('one *tw'), complete = ref(false)
     const app = createApp({ setup: () => () => h(StreamingMarkdown, { text: text.value, complete: complete.value }) })
     app.mount('#app')
     Object.assign(window, { text, complete, app })`,
  )
  await expect.poll(shown).toBe('<p>one <em>tw</em></p>')
  await page.evaluate(
    'document.querySelector("em").id = "kept"; text.value = "one *two*"; complete.value = true',
  )
  await expect.poll(shown).toBe('<p>one <em id="kept">two</em></p>')
  await page.evaluate('text.value = "# new"; complete.value = false')
  await expect.poll(shown).toBe('<h1>new</h1>')
  await page.evaluate('app.unmount()')
  expect(await page.evaluate('document.querySelector("#app").innerHTML')).toBe('')
})

test('Svelte: the action follows its parameters', async () => {
  await run(
    '<div id="app"></div>',
    `import { streamingMarkdown } from '../src/svelte/index.ts'
     window.action = streamingMarkdown(document.querySelector('#app'), { text: 'one *tw' })`,
  )
  await expect.poll(shown).toBe('<p>one <em>tw</em></p>')
  await page.evaluate('action.update({ text: "one *two* three", complete: true })')
  await expect.poll(shown).toBe('<p>one <em>two</em> three</p>')
  await page.evaluate('action.destroy()')
})

test('the custom element takes its text, pieces, and attributes', async () => {
  await run(
    '<sluice-markdown># From *HTML*</sluice-markdown>',
    `import { defineSluiceMarkdown } from '../src/element/index.ts'
     defineSluiceMarkdown(); defineSluiceMarkdown()`,
  )
  await expect.poll(shown).toBe('<h1>From <em>HTML</em></h1>')
  await page.evaluate(
    'const e = document.querySelector("sluice-markdown"); e.append("\\n\\nmore **te"); e.append("xt**")',
  )
  await expect.poll(shown).toBe('<h1>From <em>HTML</em></h1><p>more <strong>text</strong></p>')
  await page.evaluate('document.querySelector("sluice-markdown").complete = true')
  await page.locator('[data-state=complete]').waitFor()
  await page.evaluate('document.querySelector("sluice-markdown").text = "new"')
  await expect.poll(shown).toBe('<p>new</p>')
})

describe('React', () => {
  const text = '# Head\n\nSome **text** &dagger; with `code`.\n\n| a |\n|-|\n| b |\n\n```js\nx\n```\n'

  test('takes over what a server rendered, without a warning and without a flash', async () => {
    const html = renderToString(
      createElement(StreamingMarkdown, { text, complete: true, className: 'answer' }),
    )
    expect(html).toContain('<strong>text</strong> †')
    await run(
      `<div id="app">${html}</div>`,
      `import { createElement } from 'react'
       import { hydrateRoot } from 'react-dom/client'
       import { StreamingMarkdown } from '../src/react/index.ts'
       const element = document.querySelector('[data-sluice-markdown]')
       const seen = window.seen = [element.textContent]
       const frame = () => { seen.push(element.textContent); requestAnimationFrame(frame) }
       requestAnimationFrame(frame)
       const show = (text, complete) =>
         createElement(StreamingMarkdown, { text, complete, className: 'answer' })
       const root = hydrateRoot(document.querySelector('#app'), show(${JSON.stringify(text)}, true))
       window.more = (text) => root.render(show(text, false))`,
    )
    await page.locator('[data-state=complete]').waitFor()
    const seen = (await page.evaluate('seen')) as string[]
    expect(new Set(seen).size).toBe(1)
    const inner = await page.locator('[data-sluice-markdown]').innerHTML()
    expect(html).toContain(inner)
    await page.evaluate('more("goes *on*")')
    await expect.poll(shown).toBe('<p>goes <em>on</em></p>')
  })

  test('components stand for elements by their tags, and are rendered once', async () => {
    await run(
      '<div id="app"></div>',
      `import { createElement } from 'react'
       import { createRoot } from 'react-dom/client'
       import { StreamingMarkdown } from '../src/react/index.ts'
       const renders = window.renders = {}
       const named = (name, tag) => ({ children, ...props }) => {
         renders[name] = (renders[name] ?? 0) + 1
         return createElement(tag, { 'data-of': name, ...props }, tag === 'img' ? undefined : children)
       }
       const components = { table: named('table', 'figure'), img: named('img', 'img'), code: named('code', 'b'),
         h1: named('h1', 'header'), a: ({ href, children }) => createElement('a', { href, 'data-of': 'a' }, children) }
       const root = createRoot(document.querySelector('#app'))
       window.show = (text) => root.render(createElement(StreamingMarkdown, { text, components,
         options: { images: () => 'data:,' } }))`,
    )
    const head = '# Head\n\n`code` ![alt](https://a.example/i.png) [l](/x)\n\n| a |\n|-|\n| b |\n\n'
    for (const more of ['', 'and', 'and more', 'and more *text*\n\n'])
      await page.evaluate(
        (given) => (window as unknown as { show(text: string): void }).show(given),
        head + more,
      )
    await page.locator('em').waitFor()
    const found = await page.evaluate(() =>
      [...document.querySelectorAll('[data-of]')].map(
        (element) => `${element.localName} ${element.textContent}`,
      ),
    )
    expect(found.toSorted()).toEqual(['a l', 'b code', 'figure ab', 'header Head', 'img '])
    expect(await page.locator('img').getAttribute('alt')).toBe('alt')
    expect(await page.evaluate('renders')).toEqual({ table: 1, img: 1, code: 1, h1: 1 })
  })
})
