import { seededRandom } from '@sluice/random'
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core'

/** A question whose answer is long, and has characters of several scripts. */
export const LOGGING_QUESTION =
  'Can you walk me through setting up distributed logging across our microservices architecture with proper ' +
  'correlation IDs and error aggregation?'

/** Options of {@link openChat}, besides those of a browser context. */
export interface OpenChatOptions extends BrowserContextOptions {
  /** The seed of the page's `Math.random`: the client's waits depend on it. */
  readonly seed?: number
  /** The address that it opens. @default '/' */
  readonly path?: string
}

/** Opens the demo's page in a fresh profile. */
export async function openChat(
  browser: Browser,
  url: string,
  { seed = 1, path = '/', ...options }: OpenChatOptions = {},
): Promise<ChatPage> {
  const context = await browser.newContext(options)
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await context.addInitScript(`Math.random = (${seededRandom})(${seed})`)
  const chat = new ChatPage(context, await context.newPage())
  await chat.page.goto(url + path)
  return chat
}

/** How an answer has ended. */
export type Outcome = 'completed' | 'stopped' | 'failed'

/** The page, by what a person finds on it. */
export class ChatPage {
  readonly page: Page
  readonly prompt: Locator
  readonly send: Locator
  readonly stop: Locator
  readonly status: Locator
  /** The last answer. */
  readonly last: Locator
  /** The uncaught errors of the page. */
  readonly uncaught: Error[] = []
  readonly #context: BrowserContext

  constructor(context: BrowserContext, page: Page) {
    this.#context = context
    this.page = page
    this.prompt = page.getByLabel('Your question')
    this.send = page.getByRole('button', { name: 'Send' })
    this.stop = page.getByRole('button', { name: 'Stop', exact: true })
    this.status = page.getByRole('status')
    this.last = page.locator('.answer').last()
    page.on('pageerror', (error) => this.uncaught.push(error))
  }

  /** Asks, and waits until the question has its place: what is there of answers belongs to it from then on. */
  async ask(question: string): Promise<void> {
    const turns = this.page.locator('.turn')
    const before = await turns.count()
    await this.prompt.fill(question)
    await this.prompt.press('Enter')
    await turns.nth(before).waitFor()
  }

  /** The text of the last answer, as a reader sees it. */
  async answer(): Promise<string> {
    return (await this.page.evaluate(shows, null)) as string
  }

  /** Waits until the last answer shows more than `length` characters. */
  async whenLongerThan(length: number): Promise<void> {
    await this.page.waitForFunction(
      (atLeast) => ([...document.querySelectorAll('.answer-text')].at(-1)?.textContent.length ?? 0) > atLeast,
      length,
    )
  }

  /** Waits until the last answer looks exactly so, as `MarkdownReader` says. */
  async whenShows(text: string): Promise<void> {
    try {
      await this.page.waitForFunction(shows, text, { timeout: 10_000 })
    } catch (cause) {
      throw new Error(`The answer shows ${JSON.stringify(await this.answer())}`, { cause })
    }
  }

  /** Waits until the last answer has ended so, and gives its Markdown, by its copy button. */
  async whenEnded(outcome: Outcome): Promise<string> {
    await this.whenOutcome(outcome)
    return this.copied()
  }

  /** Waits until the last answer has ended so, and leaves the page as it is. */
  async whenOutcome(outcome: Outcome): Promise<void> {
    try {
      // Not "until it does not run": right after Retry the page still shows how it ended before.
      await this.page
        .locator(`.turn:last-child .answer:last-child[data-outcome=${outcome}]`)
        .waitFor({ timeout: 25_000 })
    } catch (cause) {
      const actual = await this.last.getAttribute('data-outcome')
      throw new Error(`The answer is ${actual}, not ${outcome}: ${await this.status.textContent()}`, {
        cause,
      })
    }
  }

  /** The text that an answer's copy button puts into the clipboard; by default that of the last answer. */
  async copied(answer: Locator = this.last): Promise<string> {
    const actions = answer.locator('.answer-actions')
    // It is there if there is something to copy. It may still say that it has been pressed.
    const copy = actions.getByRole('button', { name: /^(Copy answer|Copied)$/ })
    if ((await copy.count()) === 0) return ''
    await actions.getByRole('button', { name: 'Copy answer' }).click()
    await actions.getByRole('button', { name: 'Copied' }).waitFor()
    return this.page.evaluate(() => navigator.clipboard.readText())
  }

  /** Another page of the same browser: the same visitor. */
  async openTab(path = new URL(this.page.url()).pathname): Promise<ChatPage> {
    const tab = new ChatPage(this.#context, await this.#context.newPage())
    await tab.page.goto(new URL(path, this.page.url()).href)
    return tab
  }

  close(): Promise<void> {
    return this.#context.close()
  }
}

/**
 * The letters of the last answer, without the buttons in it; or whether they are these. One function for both: it runs
 * in the page, where it has nothing but itself.
 */
function shows(expected: string | null): string | boolean {
  const shown = [...document.querySelectorAll('.answer-text')].at(-1)?.cloneNode(true) as Element | undefined
  for (const button of shown?.querySelectorAll('[data-copy]') ?? []) button.remove()
  const text = shown?.textContent ?? ''
  return expected === null ? text : text === expected
}
