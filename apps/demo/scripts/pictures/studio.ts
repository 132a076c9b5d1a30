import { fileURLToPath } from 'node:url'
// biome-ignore lint/correctness/noUndeclaredDependencies: for development only
import { launchChromium } from '@sluice/programs/chromium'
import type { Browser, BrowserContextOptions } from 'playwright-core'
// biome-ignore lint/correctness/noUndeclaredDependencies: for development only
import { build } from 'vite'
import { type ChatPage, openChat } from '../../test/support/chat-page.ts'
import { type RunningDemo, startDemo } from '../../test/support/demo.ts'

/** Earlier questions, so that the page looks used. */
const EARLIER = ['Three slow days in Lisbon', 'Explain Dijkstra’s algorithm', 'Hello in ten languages']

/** A demo, and a browser that takes pictures of it. */
export interface Studio {
  readonly demo: RunningDemo
  readonly browser: Browser
  /** A visitor who has been here before. */
  open(options: BrowserContextOptions): Promise<ChatPage>
  close(): Promise<void>
}

export async function openStudio(): Promise<Studio> {
  process.env.NODE_ENV = 'production'
  await build({
    configFile: fileURLToPath(new URL('../../vite.config.ts', import.meta.url)),
    logLevel: 'warn',
  })
  const [demo, browser] = await Promise.all([
    startDemo({ pace: { ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY } }),
    launchChromium(),
  ])
  return {
    demo,
    browser,
    async open(options) {
      const chat = await openChat(browser, demo.url, options)
      await chat.page.waitForLoadState('networkidle')
      for (const question of EARLIER) {
        await chat.ask(question)
        await chat.whenOutcome('completed')
        await chat.page.evaluate(() => history.pushState(null, '', '/'))
        await chat.page.reload()
      }
      await chat.page.waitForLoadState('networkidle')
      return chat
    },
    async close() {
      await browser.close()
      await demo.close()
    },
  }
}
