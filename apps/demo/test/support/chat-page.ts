import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { seededRandom } from './random.ts'

/** A question whose answer is long, and has characters of several scripts. */
export const LOGGING_QUESTION =
  'Can you walk me through setting up distributed logging across our microservices architecture with proper ' +
  'correlation IDs and error aggregation?'

/** What {@link openChat} takes, beside what a browser context does. */
export interface OpenChatOptions extends BrowserContextOptions {
  /** What the page's `Math.random` begins with: the client's waits depend on it. */
  readonly seed?: number
}

/** Opens the demo's page in a fresh profile. */
export async function openChat(
  browser: Browser,
  url: string,
  { seed = 1, ...options }: OpenChatOptions = {},
): Promise<ChatPage> {
  const context = await browser.newContext(options)
  await context.addInitScript(`Math.random = (${seededRandom})(${seed})`)
  const chat = new ChatPage(context, await context.newPage())
  await chat.page.goto(url)
  return chat
}

/** The page, by what a person finds on it. */
export class ChatPage {
  readonly page: Page
  readonly prompt: Locator
  readonly send: Locator
  readonly stop: Locator
  readonly status: Locator
  /** What was thrown in the page and caught by nobody. */
  readonly uncaught: Error[] = []
  readonly #context: BrowserContext

  constructor(context: BrowserContext, page: Page) {
    this.#context = context
    this.page = page
    this.prompt = page.getByLabel('Your question')
    this.send = page.getByRole('button', { name: 'Send' })
    this.stop = page.getByRole('button', { name: 'Stop' })
    this.status = page.getByRole('status')
    page.on('pageerror', (error) => this.uncaught.push(error))
  }

  async ask(question: string): Promise<void> {
    await this.prompt.fill(question)
    await this.prompt.press('Enter')
  }

  /** The text of the last answer. */
  async answer(): Promise<string> {
    return (await this.page.locator('.answer-text').last().textContent()) ?? ''
  }

  /** Waits until the last answer is longer than so many characters. */
  async whenLongerThan(length: number): Promise<void> {
    await this.page.waitForFunction(
      (atLeast) => ([...document.querySelectorAll('.answer-text')].at(-1)?.textContent.length ?? 0) > atLeast,
      length,
    )
  }

  /** Waits until the last answer has ended so, and gives its text. */
  async whenEnded(outcome: 'completed' | 'stopped' | 'failed'): Promise<string> {
    try {
      // Not "until it does not run": right after Retry the page still shows how it ended before.
      await this.page.locator(`.turn:last-child[data-outcome=${outcome}]`).waitFor({ timeout: 25_000 })
    } catch (cause) {
      const actual = await this.page.locator('.turn').last().getAttribute('data-outcome')
      throw new Error(`The answer is ${actual}, not ${outcome}: ${await this.status.textContent()}`, {
        cause,
      })
    }
    return this.answer()
  }

  close(): Promise<void> {
    return this.#context.close()
  }
}
