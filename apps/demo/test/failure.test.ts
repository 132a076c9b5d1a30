import type { FaultName } from '@sluice/model-server'
import { expect, test } from 'vitest'
import { LOGGING_QUESTION, openChat } from './support/chat-page.ts'
import { startDemo } from './support/demo.ts'
import { browser, chat, demo, useStage } from './support/stage.ts'

useStage({ pace: { ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY } })

/** Ends in the middle of bold words. */
const broken = { text: 'It is time to **Start', fault: 'reset', faultOptions: { afterTokens: 30 } } as const

/** How often each is asked for: what may pass, the server tries three times. */
const FAILURES: readonly [fault: FaultName, attempts: number, title: string][] = [
  ['401', 1, 'The model provider refused the server’s key'],
  ['quota', 1, 'The quota for answers is used up'],
  ['400', 1, 'The conversation is too long for the model'],
  ['content-filter', 1, 'The model provider withheld this answer'],
  ['reset', 3, 'The model provider broke off'],
]

test.each(FAILURES)(
  '%s is an error that one can read, and Retry asks again',
  async (fault, attempts, title) => {
    demo.model.fail(fault, { times: attempts })
    await chat.ask(LOGGING_QUESTION)
    await chat.whenEnded('failed')
    const failure = chat.page.getByRole('region', { name: 'Error' })
    expect(await failure.locator('.failure-title').textContent()).toBe(title)
    expect(await failure.locator('.failure-detail').textContent()).toMatch(/\w+ \w+/)
    await chat.status.filter({ hasText: title }).waitFor()

    await failure.getByRole('button', { name: 'Retry' }).click()
    expect(await chat.whenEnded('completed')).toBe(demo.model.answerFor(LOGGING_QUESTION))
    expect(await failure.isVisible()).toBe(false)
    expect(demo.model.requests).toHaveLength(attempts + 1)
    expect(demo.model.requests.at(-1)!.body).toMatchObject({ messages: [{ content: LOGGING_QUESTION }] })
  },
)

test('an error is still there after a reload, and so is Retry', async () => {
  demo.model.fail('quota')
  await chat.ask(LOGGING_QUESTION)
  await chat.whenEnded('failed')
  await chat.page.reload()
  await chat.page.getByRole('button', { name: 'Retry' }).click()
  expect(await chat.whenEnded('completed')).toBe(demo.model.answerFor(LOGGING_QUESTION))
})

test('an answer that the server has forgotten says so, and keeps what was read', async () => {
  demo.answers.hold()
  await chat.ask(LOGGING_QUESTION)
  await chat.whenLongerThan(200)
  const before = await chat.answer()
  // As after a restart: the id is one that the server does not know.
  await chat.page.route('**/streams/chat/*', (route) =>
    route.continue({ url: `${demo.url}/streams/chat/AAAAAAAAAAAAAAAAAAAAAA` }),
  )
  await chat.page.reload()
  await chat.whenOutcome('failed')
  // The page shows the bare text until it has fetched what shows Markdown.
  await expect.poll(async () => (await chat.answer()).startsWith(before)).toBe(true)
  await chat.status.filter({ hasText: 'The server process that wrote this answer is gone' }).waitFor()
  await chat.page.getByText(/kept here only/).waitFor()
})

test('a budget that is used up is said, with the time at which there is a new one', async () => {
  const poor = await startDemo({ budget: { perVisitor: 12, inAll: Number.POSITIVE_INFINITY } })
  const visitor = await openChat(browser, poor.url)
  poor.model.script({ text: 'With a priority queue, and a list of distances.' })
  await visitor.ask('Hello')
  await visitor.whenEnded('completed')
  await visitor.ask('And?')
  await visitor.whenEnded('failed')
  const words = 'You have used up today’s 12 tokens. There are new ones at midnight UTC.'
  await visitor.page.getByRole('region', { name: 'Error' }).getByText(words).waitFor()
  await visitor.status.filter({ hasText: 'The quota for answers is used up' }).waitFor()
  await visitor.page.reload()
  await visitor.page.getByRole('region', { name: 'Error' }).getByText(words).waitFor()
  await visitor.close()
  await poor.close()
})

test('an answer that breaks off keeps its last good rendering, and says whose side failed', async () => {
  demo.model.script(...Array.from({ length: 3 }, () => broken))
  await chat.ask('Hello')
  await chat.whenOutcome('failed')
  expect(await chat.page.locator('.answer-text strong').textContent()).toBe('Start')
  expect(await chat.answer()).toBe('It is time to Start')
  await chat.page.getByText('It was not your connection. Retry asks for it again.').waitFor()
  await chat.page.reload()
  await chat.page
    .locator('.answer-text strong')
    .filter({ hasText: /^Start$/ })
    .waitFor()
})

test('a model that falls silent is said to be waited for, with the seconds', async () => {
  demo.model.fail('stall', { afterTokens: 40 })
  await chat.ask(LOGGING_QUESTION)
  await chat.status.filter({ hasText: /^Answering …$/ }).waitFor()
  await chat.status.filter({ hasText: /^Still waiting for the model …[3-9] s$/ }).waitFor()
  await chat.stop.click()
  await chat.whenOutcome('stopped')
})
