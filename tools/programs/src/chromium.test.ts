import { expect, test } from 'vitest'
import { launchChromium } from './chromium.ts'

test('the browser that is installed renders a page', async () => {
  const browser = await launchChromium()
  const page = await browser.newPage()
  await page.setContent('<title>Hello</title>')
  expect(await page.title()).toBe('Hello')
  await browser.close()
  expect(browser.isConnected()).toBe(false)
})
