import { launchChromium } from '@sluice/programs/chromium'
import axe, { type AxeResults } from 'axe-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ChatPage, LOGGING_QUESTION, openChat } from './support/chat-page.ts'
import { type RunningDemo, startDemo } from './support/demo.ts'

let demo: RunningDemo
let browser: Browser

beforeAll(async () => {
  ;[browser, demo] = await Promise.all([
    launchChromium(),
    startDemo({ pace: { ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY } }),
  ])
})
afterAll(() => Promise.all([browser.close(), demo.close()]))
beforeEach(() => demo.model.reset())

/** The violations that axe finds on the page as it is, each in a line. */
async function findings(page: Page): Promise<string[]> {
  // Past the page's policy, as the debugger is.
  await page.evaluate(axe.source)
  // A drawer that slides in is half transparent for a moment.
  await page.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .filter(({ effect }) => effect?.getComputedTiming().iterations === 1)
        .map(({ finished }) => finished),
    ),
  )
  const { violations } = (await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run(document),
  )) as AxeResults
  return violations.map(
    ({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
  )
}

const SIZES: Record<string, BrowserContextOptions> = {
  'a desktop': { viewport: { width: 1440, height: 900 } },
  'a phone': { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
}

describe.each(Object.entries(SIZES))('on %s', (_size, size) => {
  test.each(['light', 'dark'] as const)(
    'in %s, axe finds nothing',
    { timeout: 90_000 },
    async (colorScheme) => {
      const chat = await openChat(browser, demo.url, { ...size, colorScheme })
      const { page } = chat
      expect(await findings(page)).toEqual([])

      await converse(chat)
      expect(await findings(page)).toEqual([])

      await page.getByRole('button', { name: 'Share' }).click()
      await page.getByRole('button', { name: 'Make a link' }).click()
      await page.getByLabel('Link').waitFor()
      expect(await findings(page)).toEqual([])
      await page.getByRole('button', { name: 'Close' }).click()

      await page.getByRole('button', { name: 'Laboratory', exact: true }).click()
      await page.getByRole('figure', { name: 'Time to first word' }).waitFor()
      expect(await findings(page)).toEqual([])
      await page.getByRole('button', { name: 'Close the laboratory' }).click()

      const menu = page.getByRole('button', { name: 'Conversations' })
      if (await menu.isVisible()) await menu.click()
      await page.getByRole('navigation', { name: 'Conversations' }).waitFor()
      expect(await findings(page)).toEqual([])
      await chat.close()
    },
  )
})

/** A conversation with all there is to see in one: code, a table, thoughts, tools, an error. */
async function converse(chat: ChatPage): Promise<void> {
  const { page } = chat
  await chat.ask(LOGGING_QUESTION)
  await chat.whenOutcome('completed')
  // Code is coloured only if it is in view.
  await page.locator('pre').nth(1).scrollIntoViewIfNeeded()
  await page.locator('.hljs-keyword').first().waitFor()
  demo.model.script({ reasoning: 'I think.', text: 'So I am.' })
  await chat.ask('Think')
  await chat.whenOutcome('completed')
  await page.getByText('Thoughts').click()
  await page.getByLabel('Model').selectOption('sluice-tools')
  await chat.ask('What time is it in Lisbon?')
  await chat.whenOutcome('completed')
  demo.model.fail('quota')
  await chat.ask('Fail')
  await chat.whenOutcome('failed')
}
