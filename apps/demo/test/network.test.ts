import { FaultProxy } from '@sluice/fault-proxy'
import { seededRandom } from '@sluice/random'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { LOGGING_QUESTION, openChat } from './support/chat-page.ts'
import { testSeed } from './support/seed.ts'
import { browser, chat, demo, useStage } from './support/stage.ts'

const seed = testSeed()
let proxy: FaultProxy

console.log(`SLUICE_TEST_SEED=${seed}`)
useStage({ pace: { ttftMs: 20, tokensPerSecond: 1_000 } }, () => {
  proxy.comeBack()
  return openChat(browser, proxy.url, { seed })
})
beforeAll(async () => {
  proxy = await FaultProxy.before(demo.port)
})
afterAll(() => proxy.close())
beforeEach(async () => {
  // The page's own files have come: from here on only its streams are cut.
  await chat.page.waitForLoadState('networkidle')
})

test('the connection is cut five times, anywhere: the text is exact, and generated once', async () => {
  const random = seededRandom(seed)
  // About 220 kB are on the way for this answer, so that five of these are always within it.
  const anywhere = () => 300 + Math.floor(random() * 35_000)
  const aWay = () => (random() < 0.5 ? 'close' : 'reset')
  let cut = proxy.cutAfter(anywhere(), aWay())
  await chat.ask(LOGGING_QUESTION)
  const lengths: number[] = []
  for (let cuts = 1; cuts <= 5; cuts++) {
    await cut
    lengths.push((await chat.answer()).length)
    if (cuts < 5) cut = proxy.cutAfter(anywhere(), aWay())
  }
  const answer = await chat.whenEnded('completed')
  expect(answer).toBe(demo.model.answerFor(LOGGING_QUESTION))
  expect(demo.model.requests).toHaveLength(1)
  // The last cut too was one in the middle.
  expect(Math.max(...lengths)).toBeLessThan(answer.length)
  await chat.page.getByText(/reconnected [1-9] times|reconnected once/).waitFor()
})

test('the network is away for a while: the page says so, and then resumes', async () => {
  const gate = demo.answers.hold()
  await chat.ask(LOGGING_QUESTION)
  await chat.whenLongerThan(500)
  proxy.goDown()
  await chat.page.locator('.status[data-kind=reconnecting]').waitFor()
  const whenRefused = (times: number) => expect.poll(() => proxy.refused).toBeGreaterThanOrEqual(times)
  await whenRefused(2)
  const before = await chat.answer()
  await whenRefused(4)
  expect(await chat.answer()).toBe(before)
  proxy.comeBack()
  gate.open()
  expect(await chat.whenEnded('completed')).toBe(demo.model.answerFor(LOGGING_QUESTION))
  expect(demo.model.requests).toHaveLength(1)
})

test('the browser is offline: the page says so, and goes on by itself when it no longer is', async () => {
  const context = chat.page.context()
  const gate = demo.answers.hold()
  await chat.ask(LOGGING_QUESTION)
  await chat.whenLongerThan(500)
  await context.setOffline(true)
  // A connection that stands outlives the emulated absence; a real one does not.
  proxy.goDown()
  await chat.page.getByText('You are offline. It goes on when the network is back.').waitFor()
  proxy.comeBack()
  await context.setOffline(false)
  gate.open()
  expect(await chat.whenEnded('completed')).toBe(demo.model.answerFor(LOGGING_QUESTION))
  expect(demo.model.requests).toHaveLength(1)
})

test('a page that is loaded again while the network is away shows what it had', async () => {
  const gate = demo.answers.hold()
  await chat.ask(LOGGING_QUESTION)
  await chat.whenLongerThan(500)
  const before = await chat.answer()
  // The server is there for the page, and not for the stream.
  await chat.page.route('**/streams/**', (route) => route.abort())
  await chat.page.reload()
  await chat.page.locator('.status[data-kind=reconnecting]').waitFor()
  await chat.whenLongerThan(before.length - 1)
  await chat.page.unroute('**/streams/**')
  gate.open()
  expect(await chat.whenEnded('completed')).toBe(demo.model.answerFor(LOGGING_QUESTION))
  expect(demo.model.requests).toHaveLength(1)
})

test('a page that has given up takes the same answer up again', async () => {
  const { page } = chat
  await page.clock.install()
  await page.reload()
  const gate = demo.answers.hold()
  await chat.ask(LOGGING_QUESTION)
  await chat.whenLongerThan(500)
  proxy.goDown()
  await page.route('**/streams/**', (route) => route.abort())
  proxy.comeBack()
  const reconnect = page.getByRole('button', { name: 'Retry' })
  // It gives up after five minutes without any progress; the page's clock is ours.
  while (!(await reconnect.isVisible())) await page.clock.fastForward(20_000)
  await chat.status.filter({ hasText: 'The connection was lost' }).waitFor()
  await page.unroute('**/streams/**')
  gate.open()
  await reconnect.click()
  expect(await chat.whenEnded('completed')).toBe(demo.model.answerFor(LOGGING_QUESTION))
  expect(demo.model.requests).toHaveLength(1)
})

test('the network is cut while the page still fetches its parts: they come all the same', async () => {
  const { page } = chat
  let refused = 0
  await page.route('**/assets/markdown-*.js', (route) => {
    refused += 1
    return refused <= 2 ? route.abort() : route.continue()
  })
  await page.reload()
  demo.model.script({ text: 'It is **there**.' })
  await chat.ask(LOGGING_QUESTION)
  await chat.whenEnded('completed')
  await chat.whenShows('It is there.')
  expect(refused).toBe(3)
})

test('the highlighter is cut off on its way: it is asked for again, and colours the code', async () => {
  const { page } = chat
  const asked: string[] = []
  await page.route('**/assets/highlight-*.js', (route) => {
    asked.push(route.request().url())
    return asked.length === 1 ? route.abort() : route.continue()
  })
  demo.model.script({ text: '```js\nconst word = 1\n```' })
  await chat.ask(LOGGING_QUESTION)
  await chat.whenEnded('completed')
  await page.locator('.turn pre .hljs-keyword').waitFor()
  expect(asked.filter((url) => url === asked[0])).toHaveLength(2)
})

test('a question that does not get through is still there, to be sent again', async () => {
  await chat.page.route('**/api/conversations/**', (route) => route.abort())
  await chat.prompt.fill('Hello')
  await chat.prompt.press('Enter')
  // It is on the page at once, and stays there with what became of it.
  expect(await chat.page.locator('.question-text').textContent()).toBe('Hello')
  const failure = chat.page.getByRole('region', { name: 'Error' })
  await failure.getByText('The server cannot be reached.').waitFor()
  await chat.page.unroute('**/api/conversations/**')
  await failure.getByRole('button', { name: 'Retry' }).click()
  expect(await chat.whenEnded('completed')).toBe(demo.model.answerFor('Hello'))
})
