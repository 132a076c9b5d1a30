import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
// biome-ignore lint/correctness/noUndeclaredDependencies: for development only
import { build } from 'vite'
import { launchChromium } from '../test/support/chromium.ts'
import { startDemo } from '../test/support/demo.ts'

/** How much of the answer is in the picture of its middle. */
const TOKENS = 187

/** Takes the picture of the README: the page in the middle of an answer, always at the same word. */
const { values: wanted } = parseArgs({
  options: {
    out: { type: 'string', default: fileURLToPath(new URL('../../../docs/demo.png', import.meta.url)) },
    dark: { type: 'boolean', default: false },
    width: { type: 'string', default: '1280' },
    height: { type: 'string', default: '800' },
    /** `welcome`, `middle`, `failed`, or `complete`. */
    moment: { type: 'string', default: 'middle' },
  },
})

await build({ configFile: fileURLToPath(new URL('../vite.config.ts', import.meta.url)), logLevel: 'warn' })
const demo = await startDemo({ pace: { ttftMs: 0, tokensPerSecond: 20_000 } })
const browser = await launchChromium()
try {
  const page = await browser.newPage({
    viewport: { width: Number(wanted.width), height: Number(wanted.height) },
    colorScheme: wanted.dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
  })
  await page.goto(demo.url)
  if (wanted.moment === 'middle') demo.model.fail('stall', { afterTokens: TOKENS })
  if (wanted.moment === 'failed') demo.model.fail('quota')
  if (wanted.moment !== 'welcome') await page.locator('.suggestion').first().click()
  switch (wanted.moment) {
    case 'middle':
      await page.waitForFunction(
        (length) => document.querySelector('.answer-text')?.textContent.length === length,
        (await demo.model.waitFor(({ tokens }) => tokens === TOKENS)).text.length,
      )
      break
    case 'failed':
      await page.locator('.failure').waitFor()
      break
    case 'complete':
      await page.locator('.turn[data-outcome=completed]').waitFor()
      break
  }
  await mkdir(dirname(wanted.out), { recursive: true })
  await page.screenshot({ path: wanted.out })
  console.log(wanted.out)
} finally {
  await browser.close()
  await demo.close()
}
