// Makes the pictures in the README, light and dark: `pnpm screenshots`.
import { readFileSync } from 'node:fs'
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
await browser.close()
