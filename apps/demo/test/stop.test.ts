import { expect, test } from 'vitest'
import { LOGGING_QUESTION } from './support/chat-page.ts'
import { Gate } from './support/gate.ts'
import { chat, demo, useStage } from './support/stage.ts'

/** The point at which the next cancel waits. */
let gate: Gate | undefined

useStage({
  pace: { ttftMs: 0, tokensPerSecond: 1_000 },
  prepare(app) {
    app.addHook('onRequest', async ({ method }) => {
      if (method !== 'DELETE') return
      const here = gate
      gate = undefined
      await here?.pass()
    })
  },
})

test('Stop reaches the provider, and the next question can be asked', async () => {
  demo.answers.hold()
  await chat.ask(LOGGING_QUESTION)
  const request = await demo.model.nextRequest()
  await chat.whenLongerThan(100)
  await chat.stop.click()
  expect(await request.ended).toBe('client_hung_up')

  const answer = await chat.whenEnded('stopped')
  await chat.status.filter({ hasText: /^Stopped$/ }).waitFor()
  expect(answer.length).toBeGreaterThan(100)
  const whole = demo.model.answerFor(LOGGING_QUESTION)
  expect(whole.startsWith(answer)).toBe(true)
  expect(request.text.length).toBeLessThan(whole.length / 2)

  demo.model.script({ text: 'Another answer.' })
  await chat.ask('Another question')
  expect(await chat.whenEnded('completed')).toBe('Another answer.')
})

test('Stop before the first word reaches the provider too', async () => {
  demo.model.fail('stall-headers')
  await chat.ask(LOGGING_QUESTION)
  const request = await demo.model.nextRequest()
  await chat.stop.click()
  expect(await request.ended).toBe('client_hung_up')
  expect(await chat.whenEnded('stopped')).toBe('')
})

test('a Stop that a reload cuts off is asked for again', async () => {
  const here = new Gate()
  gate = here
  demo.answers.hold()
  await chat.ask(LOGGING_QUESTION)
  const request = await demo.model.nextRequest()
  await chat.whenLongerThan(100)
  await chat.stop.click()
  await here.arrived
  await chat.page.reload()
  expect(await request.ended).toBe('client_hung_up')
  await chat.whenEnded('stopped')
  here.open()
})

test('to delete a conversation stops the answer that nobody will see', async () => {
  demo.answers.hold()
  await chat.ask(LOGGING_QUESTION)
  const request = await demo.model.nextRequest()
  await chat.whenLongerThan(100)
  const entry = chat.page.locator('.entry')
  await entry.hover()
  await entry.getByRole('button', { name: /^Delete / }).click()
  expect(await request.ended).toBe('client_hung_up')
  await chat.page.getByRole('heading', { name: 'Ask something long.' }).waitFor()
  await entry.waitFor({ state: 'detached' })
  await chat.status.filter({ hasText: /^Ready$/ }).waitFor()
})

test('Esc stops too', async () => {
  demo.answers.hold()
  await chat.ask(LOGGING_QUESTION)
  const request = await demo.model.nextRequest()
  await chat.whenLongerThan(100)
  await chat.prompt.press('Escape')
  expect(await request.ended).toBe('client_hung_up')
  await chat.whenEnded('stopped')
})

test('a Stop that does not get through is said, and the answer goes on', async () => {
  const held = demo.answers.hold()
  await chat.page.route('**/streams/**', (route) =>
    route.request().method() === 'DELETE' ? route.abort() : route.continue(),
  )
  await chat.ask(LOGGING_QUESTION)
  await chat.whenLongerThan(100)
  await chat.stop.click()
  await chat.page.getByText('Could not stop it. The connection was lost.').waitFor()
  held.open()
  expect(await chat.whenEnded('completed')).toBe(demo.model.answerFor(LOGGING_QUESTION))
})
