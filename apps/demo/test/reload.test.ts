import { expect, test } from 'vitest'
import { LOGGING_QUESTION, openChat } from './support/chat-page.ts'
import { Gate } from './support/gate.ts'
import { browser, chat, demo, useStage } from './support/stage.ts'

/** The point at which the next start waits: before it is handled, or before its answer leaves. */
let gates: { before?: Gate; after?: Gate } = {}

const wait = async (method: string, place: 'before' | 'after') => {
  if (method !== 'POST') return
  const gate = gates[place]
  if (gate === undefined) return
  gates = {}
  await gate.pass()
}
useStage({
  pace: { ttftMs: 20, tokensPerSecond: 1_500 },
  prepare(app) {
    app.addHook('preHandler', ({ method }) => wait(method, 'before'))
    app.addHook('onSend', ({ method }) => wait(method, 'after'))
  },
})

const expected = () => demo.model.answerFor(LOGGING_QUESTION)

test('a reload in the middle goes on with the same answer, and what was read is there at once', async () => {
  const [first, second] = demo.answers.holdTwice(500, 1_500)
  await chat.ask(LOGGING_QUESTION)
  await chat.whenLongerThan(1_000)
  const before = await chat.answer()
  // The text that was read is there before anything has come of the stream.
  const read = new Gate()
  await chat.page.route('**/streams/chat/*', async (route) => {
    await read.pass()
    await route.continue()
  })
  await chat.page.reload()
  await read.arrived
  await chat.whenLongerThan(before.length - 1)
  read.open()
  first.open()

  await chat.whenLongerThan(5_000)
  await chat.page.unroute('**/streams/chat/*')
  await chat.page.reload()
  second.open()
  expect(await chat.whenEnded('completed')).toBe(expected())
  expect(demo.model.requests).toHaveLength(1)
})

test('the conversation is still there after it has ended', async () => {
  await chat.ask(LOGGING_QUESTION)
  await chat.whenEnded('completed')
  await chat.page.reload()
  expect(await chat.whenEnded('completed')).toBe(expected())
  expect(await chat.status.textContent()).toBe('Complete')
  expect(demo.model.requests).toHaveLength(1)
})

test.each(['before', 'after'] as const)(
  'a reload %s the server has begun, with no answer to the POST yet, starts nothing twice',
  async (place) => {
    const gate = new Gate()
    gates = { [place]: gate }
    await chat.ask(LOGGING_QUESTION)
    await gate.arrived
    await chat.page.reload()
    // The second POST overtakes the first, which goes on only now.
    await chat.whenLongerThan(0)
    gate.open()
    expect(await chat.whenEnded('completed')).toBe(expected())
    expect(demo.model.requests).toHaveLength(1)
  },
)

test('another tab of the same visitor goes on with the running answer, and so does another browser', async () => {
  const gate = demo.answers.hold()
  await chat.ask(LOGGING_QUESTION)
  await chat.whenLongerThan(500)
  const { pathname } = new URL(chat.page.url())
  const storageState = await chat.page.context().storageState()
  const others = await Promise.all([
    chat.openTab(),
    openChat(browser, demo.url, { path: pathname, storageState }),
  ])
  for (const other of others) await other.whenLongerThan(500)
  gate.open()
  for (const other of [chat, ...others]) {
    await other.page.bringToFront()
    expect(await other.whenEnded('completed')).toBe(expected())
    expect(other.uncaught).toEqual([])
  }
  expect(demo.model.requests).toHaveLength(1)
  await others[1]!.close()
})

test('another visitor has conversations of their own', async () => {
  await chat.ask(LOGGING_QUESTION)
  await chat.whenLongerThan(100)
  const { pathname } = new URL(chat.page.url())
  const other = await openChat(browser, demo.url, { path: pathname })
  await other.page.getByRole('heading', { name: 'This conversation cannot be shown' }).waitFor()
  expect(await other.page.locator('.entry').count()).toBe(0)
  await other.close()
  expect(await chat.whenEnded('completed')).toBe(expected())
})
