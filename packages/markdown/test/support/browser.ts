import { readFileSync } from 'node:fs'
import { launchChromium } from '@sluice/programs/chromium'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import type * as sluice from '../../src/index.ts'
import { bundle } from './bundle.ts'

declare global {
  interface Window {
    sluice: typeof sluice
    /** Resolves when the browser has shown what was asked for before. */
    shown(): Promise<void>
    /** Resolves when a condition is met, which is looked at in each frame. */
    until(condition: () => boolean): Promise<void>
  }
}

const style = readFileSync(new URL('../../style.css', import.meta.url), 'utf8')

/** Chromium for the tests of a file, with a new page for each. */
export class Tab {
  page!: Page
  private browser!: Browser
  private script!: string

  constructor() {
    beforeAll(async () => {
      this.browser = await launchChromium()
      this.script = await bundle()
    })
    afterAll(() => this.browser.close())
    beforeEach(async () => {
      this.page = await this.open()
      return () => this.page.close()
    })
  }

  /** Another page; who opens it closes it. */
  async open(settings: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
    const page = await this.browser.newPage(settings)
    await page.setContent(
      `<!doctype html><style>html { color-scheme: light dark } ${style}</style><main></main>`,
    )
    await page.addScriptTag({ content: this.script })
    await page.evaluate(() => {
      const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve))
      window.shown = async () => {
        await frame()
        await frame()
      }
      window.until = async (condition) => {
        while (!condition()) await frame()
      }
    })
    return page
  }
}
