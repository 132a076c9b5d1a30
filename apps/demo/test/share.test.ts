import { afterEach, expect, test } from 'vitest'
import { type ChatPage, LOGGING_QUESTION, openChat } from './support/chat-page.ts'
import { browser, chat, demo, useStage } from './support/stage.ts'

let guest: ChatPage

useStage({ pace: { ttftMs: 0, tokensPerSecond: 400 } })
afterEach(async () => {
  expect(guest.uncaught).toEqual([])
  await guest.close()
})

/** Makes a link, and gives it to somebody else. */
async function invite(): Promise<void> {
  const { page } = chat
  await page.getByRole('button', { name: 'Share' }).click()
  await page.getByRole('button', { name: 'Make a link' }).click()
  const link = new URL(await page.getByLabel('Link').inputValue())
  expect(link.origin).toBe(demo.url)
  await page.getByRole('button', { name: 'Close' }).click()
  guest = await openChat(browser, link.origin, { path: link.pathname + link.hash })
}

test('who has the link watches the same answer live, and cannot stop or ask', async () => {
  const gate = demo.answers.hold()
  await chat.ask(LOGGING_QUESTION)
  await chat.whenLongerThan(200)
  await invite()
  await guest.whenLongerThan(200)
  expect(await chat.last.getAttribute('data-outcome')).toBe('running')
  await guest.page.getByText('You are watching. Only the owner can ask or stop.').waitFor()
  expect(await guest.stop.count()).toBe(0)
  expect(await guest.prompt.count()).toBe(0)
  expect(await guest.page.getByRole('button', { name: 'Laboratory' }).count()).toBe(0)
  // Nor past the page: the server refuses.
  const status = await guest.page.evaluate(async () => {
    const path = performance
      .getEntriesByType('resource')
      .map(({ name }) => new URL(name).pathname)
      .find((name) => name.startsWith('/streams/chat/'))
    return (await fetch(path!, { method: 'DELETE' })).status
  })
  expect(status).toBe(404)

  gate.open()
  const expected = demo.model.answerFor(LOGGING_QUESTION)
  expect(await guest.whenEnded('completed')).toBe(expected)
  expect(demo.model.requests).toHaveLength(1)

  // The next question too comes to those who watch.
  demo.model.script({ text: 'Seen by both.' })
  await chat.page.bringToFront()
  await chat.ask('And now?')
  await guest.page.bringToFront()
  await guest.page.getByText('Seen by both.').waitFor()
})

test('a link that was taken back leads nowhere', async () => {
  demo.model.script({ text: 'A secret.' })
  await chat.ask('Hello')
  await chat.whenEnded('completed')
  await invite()
  await guest.page.getByText('A secret.').waitFor()
  const link = guest.page.url()
  await chat.page.getByRole('button', { name: 'Share' }).click()
  await chat.page.getByRole('button', { name: 'Stop sharing' }).click()
  await chat.page.getByRole('button', { name: 'Make a link' }).waitFor()
  await guest.page.goto('about:blank')
  await guest.page.goto(link)
  await guest.page.getByRole('heading', { name: 'This link leads nowhere' }).waitFor()
})
