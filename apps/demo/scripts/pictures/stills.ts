import { countTokens } from '@sluice/model-server'
import type { BrowserContextOptions } from 'playwright-core'
import type { ChatPage } from '../../test/support/chat-page.ts'
import { LabPage } from '../../test/support/lab-page.ts'
import type { Studio } from './studio.ts'

const QUESTION = 'How do I find out why a database query is slow?'
/** The last words that are in the picture: the same each time. */
const LAST_WORDS = 'which `VACUUM` takes care of.'

/** A picture of the page, and how it comes about. */
interface Still {
  readonly screen: BrowserContextOptions
  readonly prepare?: (chat: ChatPage) => Promise<void>
  /** While the words come. */
  readonly disturb?: (chat: ChatPage) => Promise<void>
  /** @default as fast as possible */
  readonly tokensPerSecond?: number
}

const DESKTOP = { viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' } as const

/** By the name of their file. */
export const STILLS: Readonly<Record<string, Still>> = {
  light: { screen: { ...DESKTOP, colorScheme: 'light' } },
  dark: { screen: { ...DESKTOP, colorScheme: 'dark' } },
  phone: {
    screen: {
      viewport: { width: 390, height: 844 },
      deviceScaleFactor: 2,
      hasTouch: true,
      isMobile: true,
      reducedMotion: 'reduce',
      colorScheme: 'light',
    },
  },
  laboratory: {
    screen: { viewport: { width: 1440, height: 1080 }, reducedMotion: 'reduce', colorScheme: 'light' },
    tokensPerSecond: 90,
    prepare: async (chat) => {
      await chat.page.getByLabel('WebSocket').check()
      await LabPage.open(chat)
    },
    disturb: async (chat) => {
      await chat.whenLongerThan(900)
      await chat.page.getByRole('button', { name: 'Cut it' }).click()
      await chat.page.locator('.happenings li').filter({ hasText: 'resumed' }).waitFor()
    },
  },
}

/** Takes it: in the middle of an answer, always at the same word. */
export async function take({ demo, open }: Studio, still: Still): Promise<Buffer> {
  const { screen, tokensPerSecond = Number.POSITIVE_INFINITY, prepare, disturb } = still
  demo.model.reset()
  const chat = await open(screen)
  await prepare?.(chat)
  const answer = demo.model.answerFor(QUESTION)
  const words = answer.slice(0, answer.indexOf(LAST_WORDS) + LAST_WORDS.length)
  const afterTokens = countTokens(words)
  demo.model.script({ fault: 'stall', faultOptions: { afterTokens }, pace: { tokensPerSecond } })
  await chat.ask(QUESTION)
  await disturb?.(chat)
  await demo.model.waitFor(({ tokens }) => tokens === afterTokens)
  await chat.page.locator('.answer-text').getByText('takes care of.').waitFor()
  await chat.page.locator('.hljs-keyword').first().waitFor()
  const picture = await chat.page.screenshot()
  await chat.close()
  return picture
}
