import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { launchChromium } from '@sluice/programs/chromium'
import { expect, test } from 'vitest'

test('the playground streams a text, and shows its DOM, state and cost', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-playground-'))
  execFileSync(process.execPath, [fileURLToPath(new URL('./playground/serve.ts', import.meta.url)), folder])
  const browser = await launchChromium()
  const page = await browser.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  await page.route('https://page.example/**', (route) => {
    const name = new URL(route.request().url()).pathname.slice(1) || 'index.html'
    const types: Record<string, string> = { html: 'text/html', css: 'text/css', js: 'text/javascript' }
    return route.fulfill({
      contentType: types[name.split('.').at(-1)!]!,
      body: readFileSync(join(folder, name)),
    })
  })
  await page.goto('https://page.example/')
  await page.locator('#speed').fill('4')
  await page.getByLabel('Answer').selectOption('comparison')
  await page.locator('#view[data-state=complete] table').waitFor()
  await expect
    .poll(() => page.locator('#cost').textContent())
    .toMatch(/^complete: 3 blocks, \d+ nodes; \d+ pieces/)
  expect(await page.locator('#dom').textContent()).toContain('<table')
  await page.getByRole('button', { name: 'Follow typing' }).click()
  await page.locator('#text').fill('typed **text**')
  await page.locator('#view strong').waitFor()
  expect(errors).toEqual([])
  await browser.close()
  rmSync(folder, { recursive: true })
})
