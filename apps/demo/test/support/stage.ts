import { launchChromium } from '@sluice/programs/chromium'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { type ChatPage, openChat } from './chat-page.ts'
import { type RunningDemo, type StartDemoOptions, startDemo } from './demo.ts'

// Vitest gives each test file modules of its own, so these are the file's, as if it had declared them.
export let browser: Browser
export let demo: RunningDemo
/** The page of the test that runs. */
export let chat: ChatPage

/** Has a demo and a Chromium there for a file's tests, and for each test a page in which nothing goes uncaught. */
export function useStage(options: StartDemoOptions, open = () => openChat(browser, demo.url)): void {
  beforeAll(async () => {
    ;[browser, demo] = await Promise.all([launchChromium(), startDemo(options)])
  })
  afterAll(() => Promise.all([browser.close(), demo.close()]))
  beforeEach(async () => {
    demo.model.reset()
    demo.answers.reset()
    chat = await open()
  })
  afterEach(async () => {
    expect(chat.uncaught).toEqual([])
    await chat.close()
  })
}
