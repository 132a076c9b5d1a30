import { expect, test } from 'vitest'
import { LOGGING_QUESTION, openChat } from './support/chat-page.ts'
import { LabPage } from './support/lab-page.ts'
import { browser, chat, demo, useStage } from './support/stage.ts'

useStage({ pace: { ttftMs: 0, tokensPerSecond: 700 } }, () =>
  openChat(browser, demo.url, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }),
)

test('a question is asked, and its answer is whole and no wider than the phone', async () => {
  await chat.prompt.fill(LOGGING_QUESTION)
  await chat.send.tap()
  expect(await chat.whenEnded('completed')).toBe(demo.model.answerFor(LOGGING_QUESTION))
  expect(await chat.page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
})

test('the conversations are a drawer, which closes when one is chosen', async () => {
  const { page } = chat
  demo.model.script({ text: 'One.' })
  await chat.ask('First')
  await chat.whenOutcome('completed')
  const menu = page.getByRole('button', { name: 'Conversations' })
  const drawer = page.getByRole('dialog', { name: 'Conversations' })
  await menu.tap()
  await drawer.getByRole('button', { name: 'New chat' }).tap()
  await page.getByRole('heading', { name: 'Ask something long.' }).waitFor()
  await drawer.waitFor({ state: 'hidden' })
  await menu.tap()
  await drawer.getByRole('link', { name: 'First' }).tap()
  await page.getByText('One.').waitFor()
  await drawer.waitFor({ state: 'hidden' })
})

test('the laboratory lies over the chat: a connection is cut there, and heals', async () => {
  const { page } = chat
  const gate = demo.answers.hold()
  await chat.ask(LOGGING_QUESTION)
  await chat.whenLongerThan(200)
  const lab = await LabPage.open(chat)
  await lab.press('Cut it')
  await lab.whenHappened(/resumed: everything after chunk \d+/)
  gate.open()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog', { name: 'Laboratory' }).waitFor({ state: 'hidden' })
  expect(await chat.whenEnded('completed')).toBe(demo.model.answerFor(LOGGING_QUESTION))
})

test('a new chat is one tap, and the transport is in the menu and in the laboratory', async () => {
  const { page } = chat
  demo.model.script({ text: 'One.' })
  await chat.ask('A first question with a title that is rather long')
  await chat.whenOutcome('completed')
  const title = page.getByRole('heading', { name: /^A first question/ })
  expect((await title.boundingBox())!.width).toBeGreaterThan(150)
  await page.getByRole('button', { name: 'Conversations' }).tap()
  const drawer = page.getByRole('dialog', { name: 'Conversations' })
  await drawer.getByLabel('WebSocket').tap()
  await page.keyboard.press('Escape')
  await drawer.waitFor({ state: 'hidden' })
  await page.getByRole('button', { name: 'New chat' }).tap()
  await page.getByRole('heading', { name: 'Ask something long.' }).waitFor()
  const socket = page.waitForEvent('websocket')
  await chat.ask('By socket?')
  await socket
  await chat.whenOutcome('completed')
  await LabPage.open(chat)
  expect(await page.getByRole('dialog', { name: 'Laboratory' }).getByLabel('WebSocket').isChecked()).toBe(
    true,
  )
})
