import { beforeAll, beforeEach, expect, test } from 'vitest'
import { LOCAL } from '../src/server/model-source.ts'
import { LOGGING_QUESTION, openChat } from './support/chat-page.ts'
import { LabPage } from './support/lab-page.ts'
import { MarkdownReader } from './support/rendered.ts'
import { browser, chat, demo, useStage } from './support/stage.ts'

let reader: MarkdownReader
let lab: LabPage

useStage({ pace: { ttftMs: 50, tokensPerSecond: 700 }, timeouts: LOCAL.timeouts }, () =>
  openChat(browser, demo.url, { viewport: { width: 1440, height: 900 } }),
)
beforeAll(async () => {
  reader = await MarkdownReader.open(browser)
})
beforeEach(async () => {
  lab = await LabPage.open(chat)
})

/** The answer ends whole: as the model said it, and as a reader sees it. */
async function expectWhole(expected = demo.model.answerFor(LOGGING_QUESTION)): Promise<void> {
  expect(await lab.chat.whenEnded('completed')).toBe(expected)
  await lab.chat.whenShows(await reader.read(expected))
}

test.each(['SSE', 'WebSocket'])(
  'over %s: the connection is cut, and it goes on after the last chunk',
  async (way) => {
    const { chat } = lab
    await chat.page.getByLabel(way).check()
    const gate = demo.answers.hold()
    await chat.ask(LOGGING_QUESTION)
    await chat.whenLongerThan(300)
    await lab.whenState('streaming')
    await lab.press('Cut it')
    await lab.whenHappened(/connection lost/)
    await lab.whenHappened(/resumed: everything after chunk \d+/)
    gate.open()
    await expectWhole()
    expect(demo.model.requests).toHaveLength(1)
    await lab.whenState('completed')
    await lab.whenHappened(/^\S+ scomplete$/)
    await chat.page.getByText('reconnected once, nothing lost').waitFor()
  },
)

test('the network is away for 5 s: the page says so, and goes on', async () => {
  const { chat } = lab
  const gate = demo.answers.hold()
  await chat.ask(LOGGING_QUESTION)
  await chat.whenLongerThan(300)
  await lab.press('Away for 5 s')
  await chat.page.locator('.status[data-kind=reconnecting]').waitFor()
  await lab.whenState('connecting')
  gate.open()
  await expectWhole()
  expect(demo.model.requests).toHaveLength(1)
})

test('latency is added, and seen', async () => {
  // A timer may be a little early.
  await lab.choose('Added latency', '250 ms')
  await lab.chat.ask(LOGGING_QUESTION)
  await lab.chat.whenLongerThan(300)
  await lab.whenFigure('Added latency', (ms) => ms >= 240)
  await lab.whenFigure('Time to first word', (ms) => ms >= 240)
  await expectWhole()
})

test('this viewer is throttled: the answer comes late, and whole', async () => {
  const text = Array.from({ length: 60 }, (_, index) => `Sentence ${index + 1}.`).join(' ')
  demo.model.script({ text })
  await lab.choose('Throttle', '8 kB/s')
  await lab.chat.ask(LOGGING_QUESTION)
  await lab.whenFigure('Tokens per second', (rate) => rate > 0 && rate < 400)
  await expectWhole(text)
})

test.each([
  ['429', 'rate_limit'],
  ['500', 'api_error'],
] as const)(
  'the provider refuses once (%s): nobody sees it, but for the laboratory',
  async (fault, error) => {
    await lab.choose('Provider’s fault', fault)
    await lab.chat.ask(LOGGING_QUESTION)
    await lab.chat.page.locator('.server-side').getByText(`1, ${error}`).waitFor()
    await expectWhole()
    expect(demo.model.requests).toHaveLength(2)
  },
)

test('the provider breaks off in the middle: what it said is void, and it is asked again', async () => {
  await lab.choose('Provider’s fault', 'break off')
  await lab.chat.ask(LOGGING_QUESTION)
  await lab.whenHappened(/provider failed \(\w+\), asked again; chunks after \d+ are void/)
  await expectWhole()
  expect(demo.model.requests).toHaveLength(2)
})

test('the provider falls silent: after a while it is asked again, and the answer is whole', async () => {
  await lab.choose('Provider’s fault', 'stall')
  await lab.chat.ask(LOGGING_QUESTION)
  await lab.whenHappened(/provider failed \(chunk_timeout\)/)
  await expectWhole()
})

test.each([
  ['429', 'Too many requests'],
  ['500', 'The model provider failed'],
  ['break off', 'The model provider broke off'],
] as const)(
  'the provider fails each time (%s): one can read why, and there is a way out',
  async (fault, title) => {
    const { chat } = lab
    await lab.choose('Provider’s fault', fault)
    await lab.choose('How often it fails', 'each time')
    await chat.ask(LOGGING_QUESTION)
    await chat.whenOutcome('failed')
    const failure = chat.page.getByRole('region', { name: 'Error' })
    expect(await failure.locator('.failure-title').textContent()).toBe(title)
    await lab.whenState('error')
    expect(demo.model.requests).toHaveLength(3)

    await lab.press('All well')
    await failure.getByRole('button', { name: 'Retry' }).click()
    await expectWhole()
  },
)

test('the server is full: one can read that it is, and when there is room, it answers', async () => {
  const { chat } = lab
  await lab.choose('Capacity', 'full')
  await chat.ask(LOGGING_QUESTION)
  await chat.page.getByText('The server is busy. Trying again …').waitFor()
  expect(demo.model.requests).toHaveLength(0)
  await lab.choose('Capacity', 'free')
  await expectWhole()
  expect(demo.model.requests).toHaveLength(1)
})

test('what it shows of the server is this visitor’s', async () => {
  const { page } = lab.chat
  await page.getByLabel('WebSocket').check()
  const gate = demo.answers.hold()
  await lab.chat.ask(LOGGING_QUESTION)
  await lab.chat.whenLongerThan(50)
  const server = page.locator('.server-side')
  await server.getByText('WS', { exact: true }).waitFor()
  await lab.whenFigure('Window and queue', (window) => window > 0)
  await page.getByRole('img', { name: /Timeline: \d+ chunks, [1-9]\d* acks/ }).waitFor()
  gate.open()
})

test('there is no process to kill here, and it says what there would have to be', async () => {
  const kill = lab.chat.page.getByRole('button', { name: 'Kill it' })
  await lab.chat.page.getByText('There is one process here').waitFor()
  expect(await kill.isDisabled()).toBe(true)
})
