import { beforeAll, expect, test } from 'vitest'
import { ChatPage, LOGGING_QUESTION, openChat } from './support/chat-page.ts'
import { MarkdownReader } from './support/rendered.ts'
import { browser, chat, demo, useStage } from './support/stage.ts'

let reader: MarkdownReader

useStage({ pace: { ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY } })
beforeAll(async () => {
  reader = await MarkdownReader.open(browser)
})

test('words appear one after the other, and are the model’s at the end, character for character', async () => {
  const { page } = chat
  // It says thirty tokens, waits, and says the rest: the page must not wait for the rest to show the thirty.
  demo.model.script({
    fault: 'stall',
    faultOptions: { afterTokens: 30, stallMs: 2_000 },
    pace: { tokensPerSecond: 1_000 },
  })
  // The page fetches its view of Markdown beside itself; what is seen counts from there.
  await page.waitForLoadState('networkidle')
  await page.evaluate(() => {
    const seen: string[] = []
    Object.assign(globalThis, { seen })
    const observer = new MutationObserver(() => {
      const text = document.querySelector('.answer-text')?.textContent ?? ''
      if (text !== (seen.at(-1) ?? '')) seen.push(text)
    })
    observer.observe(document.body, { subtree: true, childList: true, characterData: true })
  })
  await chat.ask(LOGGING_QUESTION)
  const { text: thirtyTokens } = await demo.model.waitFor(({ tokens }) => tokens >= 30)
  const answer = await chat.whenEnded('completed')
  expect(answer).toBe(demo.model.answerFor(LOGGING_QUESTION))
  expect(demo.model.requests.map(({ text }) => text)).toEqual([answer])

  await chat.whenShows(await reader.read(answer))

  const seen = await page.evaluate(() => (globalThis as unknown as { seen: string[] }).seen)
  expect(seen).toContain(await reader.read(thirtyTokens, { isComplete: false }))
  const lengths = seen.map((text) => text.length)
  expect(lengths).toEqual(lengths.toSorted((a, b) => a - b))
})

test('nothing comes from another host, and the page’s policy has nothing to object to', async () => {
  const origins = new Set<string>()
  const errors: string[] = []
  const context = await browser.newContext()
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const page = await context.newPage()
  page.on('request', (request) => origins.add(new URL(request.url()).origin))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text())
  })
  await page.goto(demo.url)
  const own = new ChatPage(context, page)
  await own.ask('Hello')
  await own.whenEnded('completed')
  await page.getByText('local model server').waitFor()
  expect([...origins]).toEqual([demo.url])
  expect(errors).toEqual([])
  await context.close()
})

test('the next question brings along what was said before', async () => {
  await chat.ask('Say hello in ten languages')
  const first = await chat.whenEnded('completed')
  await chat.ask('And now as a table')
  await chat.whenEnded('completed')
  expect(demo.model.requests[1]!.body).toMatchObject({
    messages: [
      { role: 'user', content: 'Say hello in ten languages' },
      { role: 'assistant', content: first },
      { role: 'user', content: 'And now as a table' },
    ],
  })
})

test('Enter sends, and with Shift it begins a line', async () => {
  await chat.prompt.pressSequentially('one')
  await chat.prompt.press('Shift+Enter')
  await chat.prompt.pressSequentially('two')
  await chat.prompt.press('Enter')
  await chat.whenEnded('completed')
  expect(await chat.page.locator('.question-text').textContent()).toBe('one\ntwo')
  expect(await chat.prompt.inputValue()).toBe('')
})

test('a suggestion is a question', async () => {
  await chat.page.getByRole('button', { name: LOGGING_QUESTION }).click()
  expect(await chat.whenEnded('completed')).toBe(demo.model.answerFor(LOGGING_QUESTION))
})

test('a screen reader is told how it goes, and not each word', async () => {
  const live = chat.page.locator('[aria-live], [role=status], [role=log], [role=alert], output')
  await chat.ask('Hello')
  await chat.whenEnded('completed')
  expect(await live.count()).toBe(1)
  await live.filter({ hasText: /^Complete$/ }).waitFor()
})

test('the end stays in view for who is there, and who has scrolled up is left in peace', async () => {
  const { page } = chat
  const scroller = page.locator('.scroller')
  const left = () =>
    scroller.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight)
  demo.model.script({ pace: { tokensPerSecond: 2_000 } })
  await chat.ask(LOGGING_QUESTION)
  await chat.whenLongerThan(4_000)
  expect(await left()).toBeLessThan(200)

  await scroller.hover()
  await page.mouse.wheel(0, -400)
  await page.getByRole('button', { name: 'Latest words' }).waitFor()
  const top = await scroller.evaluate((element) => element.scrollTop)
  await chat.whenOutcome('completed')
  expect(await scroller.evaluate((element) => element.scrollTop)).toBe(top)

  // Text that still grows would move the end once more.
  await chat.whenShows(await reader.read(demo.model.answerFor(LOGGING_QUESTION)))
  await page.getByRole('button', { name: 'Latest words' }).click()
  expect(await left()).toBeLessThan(2)
})

test('nothing is wider than a phone', async () => {
  const phone = await openChat(browser, demo.url, { viewport: { width: 320, height: 640 }, hasTouch: true })
  await phone.ask(LOGGING_QUESTION)
  await phone.whenEnded('completed')
  const [page, conversation] = await phone.page.evaluate(() =>
    ['html', '.scroller'].map((selector) => document.querySelector(selector)!.scrollWidth),
  )
  expect(page).toBe(320)
  expect(conversation).toBeLessThanOrEqual(320)
  await phone.close()
})
