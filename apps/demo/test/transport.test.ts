import { FaultProxy } from '@sluice/fault-proxy'
import type { WebSocket } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { LOGGING_QUESTION, openChat } from './support/chat-page.ts'
import { MarkdownReader } from './support/rendered.ts'
import { browser, chat, demo, useStage } from './support/stage.ts'

let proxy: FaultProxy
let reader: MarkdownReader
let sockets: WebSocket[]

useStage({ pace: { ttftMs: 0, tokensPerSecond: 300 } }, () => openChat(browser, proxy.url))
beforeAll(async () => {
  proxy = await FaultProxy.before(demo.port)
  reader = await MarkdownReader.open(browser)
})
afterAll(() => proxy.close())
beforeEach(async () => {
  sockets = []
  chat.page.on('websocket', (socket) => sockets.push(socket))
  await chat.page.waitForLoadState('networkidle')
})

async function expectWhole(): Promise<void> {
  const expected = demo.model.answerFor(LOGGING_QUESTION)
  expect(await chat.whenEnded('completed')).toBe(expected)
  await chat.whenShows(await reader.read(expected))
  expect(demo.model.requests).toHaveLength(1)
}

test('the transport is changed in the middle of an answer, twice: not a word is missing', async () => {
  const { page } = chat
  const [beforeSocket, beforeSse] = demo.answers.holdTwice(100, 600)
  await chat.ask(LOGGING_QUESTION)
  await chat.whenLongerThan(100)
  expect(sockets).toHaveLength(0)
  const opened = page.waitForEvent('websocket')
  await page.getByLabel('WebSocket').check()
  const socket = await opened
  beforeSocket.open()
  await socket.waitForEvent('framereceived', ({ payload }) => String(payload).includes('content_chunk'))
  const { length } = await chat.answer()
  await chat.whenLongerThan(length)

  const resumed = page.waitForRequest(
    (request) => request.method() === 'GET' && request.url().includes('/streams/chat/'),
  )
  await page.getByLabel('SSE').check()
  expect(Number((await resumed).headers()['last-event-id'])).toBeGreaterThan(0)
  beforeSse.open()
  await expectWhole()
})

test('over WebSocket too, a cut connection heals, and Stop stops', async () => {
  const { page } = chat
  await page.getByLabel('WebSocket').check()
  await chat.ask(LOGGING_QUESTION)
  await chat.whenLongerThan(300)
  await proxy.cutAfter(1_000, 'reset')
  await proxy.cutAfter(20_000, 'close')
  await expectWhole()
  await page.getByText(/reconnected (twice|2 times)/).waitFor()

  demo.model.reset()
  demo.answers.hold()
  await chat.ask(LOGGING_QUESTION)
  const request = await demo.model.nextRequest()
  await chat.whenLongerThan(100)
  await chat.stop.click()
  expect(await request.ended).toBe('client_hung_up')
  await chat.whenEnded('stopped')
})

test('the choice outlives a reload', async () => {
  await chat.page.getByLabel('WebSocket').check()
  await chat.page.reload()
  expect(await chat.page.getByLabel('WebSocket').isChecked()).toBe(true)
  demo.model.script({ text: 'By socket.' })
  await chat.ask('Hello')
  expect(await chat.whenEnded('completed')).toBe('By socket.')
  expect(sockets.length).toBeGreaterThan(0)
})
