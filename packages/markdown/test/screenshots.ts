// Makes the pictures in the README, light and dark, and pictures of seven answers to look at, in `.results`:
// `pnpm screenshots`.
import { mkdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { launchChromium } from '@sluice/programs/chromium'
import { build } from 'esbuild'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const style = readFileSync(here('../style.css'), 'utf8')
const page = '<!doctype html><body style="margin:0;padding:24px;font:15px/1.5 system-ui,sans-serif">'
const paper = `<style>${style} html { color-scheme: light dark; background: light-dark(#fff, #16181c) }</style>`

const { outputFiles } = await build({
  entryPoints: [here('./examples/picture.ts')],
  bundle: true,
  write: false,
  format: 'iife',
  target: 'es2022',
  conditions: ['sluice-source'],
})
const browser = await launchChromium()
for (const colorScheme of ['light', 'dark'] as const) {
  const tab = await browser.newPage({
    colorScheme,
    viewport: { width: 680, height: 100 },
    deviceScaleFactor: 1,
  })
  await tab.setContent(`${page}${paper}<main id="answer"></main>`)
  await tab.addScriptTag({ content: outputFiles[0]!.text })
  await tab.locator('.hljs-keyword').first().waitFor()
  await tab.screenshot({ path: here(`../docs/${colorScheme}.png`), fullPage: true })
}

// The answers in the middle and at the end: on a desk, on a phone, on paper.
const answers = await build({
  entryPoints: [here('./answers/page.ts')],
  bundle: true,
  write: false,
  format: 'iife',
  logLevel: 'error',
})
mkdirSync(here('../.results/answers'), { recursive: true })
const columns = 'body { columns: 2; column-gap: 32px } section { break-inside: avoid; padding-block: 1em }'
for (const [name, colorScheme, width, media] of [
  ['light', 'light', 1400, 'screen'],
  ['dark', 'dark', 1400, 'screen'],
  ['phone', 'light', 390, 'screen'],
  ['phone-dark', 'dark', 390, 'screen'],
  ['print', 'light', 800, 'print'],
] as const) {
  for (const [place, part] of [
    ['middle', 0.5],
    ['end', 1],
  ] as const) {
    const tab = await browser.newPage({ colorScheme, viewport: { width, height: 900 } })
    await tab.emulateMedia({ media, colorScheme })
    await tab.setContent(`${page}${paper}<style>${width > 1000 ? columns : ''}</style><main></main>`)
    await tab.addScriptTag({ content: answers.outputFiles[0]!.text })
    await tab.evaluate(`show(${part})`)
    await tab.evaluate('new Promise((done) => setTimeout(done, 1000))')
    await tab.screenshot({ path: here(`../.results/answers/${name}-${place}.png`), fullPage: true })
    await tab.close()
  }
}
await browser.close()
