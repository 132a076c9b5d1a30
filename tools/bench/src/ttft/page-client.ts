import { launchChromium } from '@sluice/programs/chromium'
import type { Page } from 'playwright-core'
import { type Client, now } from './first-token.ts'

const PROBES = 20

/** The demo's page in Chromium: from the key press to the first word in the document. */
export async function pageClient(url: string): Promise<Client> {
  const browser = await launchChromium()
  const page = await browser.newPage()
  await page.goto(url)
  return {
    name: `the demo’s page in Chromium ${browser.version()}`,
    async ask(question) {
      const ahead = await clockOffset(page)
      const { askedAt, seenAt } = await page.evaluate(askInPage, question)
      await page.locator('.answer[data-outcome=completed]').waitFor()
      await page.locator('.new-chat').click()
      await page.locator('.answer').waitFor({ state: 'detached' })
      return { askedAt: askedAt - ahead, seenAt: seenAt - ahead }
    },
    close: () => browser.close(),
  }
}

/** Runs in the page. */
function askInPage(question: string): Promise<{ askedAt: number; seenAt: number }> {
  const pageNow = () => performance.timeOrigin + performance.now()
  const prompt = document.querySelector<HTMLTextAreaElement>('.composer textarea')!
  // React replaces the setter on the element, and would take a value set through it for one that it has seen.
  Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value')!.set!.call(prompt, question)
  prompt.dispatchEvent(new Event('input', { bubbles: true }))
  return new Promise((resolve) => {
    let askedAt = 0
    const observer = new MutationObserver(() => {
      if (!document.querySelector('.answer-text')?.textContent) return
      observer.disconnect()
      resolve({ askedAt, seenAt: pageNow() })
    })
    observer.observe(document.body, { subtree: true, childList: true, characterData: true })
    askedAt = pageNow()
    prompt.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))
  })
}

/**
 * How far the page's clock is ahead of ours, in milliseconds: from the question about it that came back soonest,
 * which cannot be wrong by more than half of the time that it took (Cristian's algorithm).
 */
async function clockOffset(page: Page): Promise<number> {
  let best = { tookMs: Number.POSITIVE_INFINITY, offset: 0 }
  for (let probe = 0; probe < PROBES; probe++) {
    const asked = now()
    const there = await page.evaluate(() => performance.timeOrigin + performance.now())
    const answered = now()
    const tookMs = answered - asked
    if (tookMs < best.tookMs) best = { tookMs, offset: there - (asked + answered) / 2 }
  }
  return best.offset
}
