import { expect, test } from 'vitest'
import { LOGGING_QUESTION } from './support/chat-page.ts'
import { chat, demo, useStage } from './support/stage.ts'

useStage({ pace: { ttftMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY } })

const titles = () => chat.page.locator('.entry-title').allTextContents()

test('two conversations answer at once, each goes on unseen, and both are whole', async () => {
  const gates = [demo.answers.hold(), demo.answers.hold()]
  await chat.ask(LOGGING_QUESTION)
  await chat.whenLongerThan(200)
  await chat.page.getByRole('button', { name: 'New chat' }).click()
  await chat.ask('Explain Dijkstra')
  await chat.whenLongerThan(200)
  await chat.page.locator('.entry-running').nth(1).waitFor()

  await chat.page.getByRole('link', { name: /^Can you walk me/ }).click()
  await chat.whenLongerThan(200)
  for (const gate of gates) gate.open()
  expect(await chat.whenEnded('completed')).toBe(demo.model.answerFor(LOGGING_QUESTION))
  await chat.page.goBack()
  expect(await chat.whenEnded('completed')).toBe(demo.model.answerFor('Explain Dijkstra'))
  expect(demo.model.requests).toHaveLength(2)
  await chat.page.locator('.entry-running').first().waitFor({ state: 'detached' })
})

test('a conversation can be renamed, and deleted', async () => {
  await chat.ask('Hello')
  await chat.whenEnded('completed')
  const entry = chat.page.locator('.entry')
  await entry.hover()
  await entry.getByRole('button', { name: 'Rename Hello' }).click()
  const field = chat.page.getByLabel('Name of the conversation')
  await field.fill('Greetings')
  await field.press('Enter')
  await chat.page.getByRole('heading', { name: 'Greetings' }).waitFor()
  await chat.page.reload()
  await chat.page.getByRole('link', { name: 'Greetings' }).waitFor()
  expect(await titles()).toEqual(['Greetings'])

  await entry.hover()
  await entry.getByRole('button', { name: 'Delete Greetings' }).click()
  await chat.page.getByText('Your questions are kept here, on the server.').waitFor()
})

test('a question can be put differently: what followed it stays beside it, after a reload too', async () => {
  demo.model.script({ text: 'One.' }, { text: 'Two.' }, { text: 'Three.' })
  await chat.ask('First')
  await chat.whenEnded('completed')
  await chat.ask('Second')
  expect(await chat.whenEnded('completed')).toBe('Two.')
  const first = chat.page.locator('.question').first()
  await first.hover()
  await first.getByRole('button', { name: 'Edit question' }).click()
  await chat.page.getByRole('textbox', { name: 'Edit question' }).fill('Something else')
  await chat.page.getByRole('button', { name: 'Ask', exact: true }).click()
  await chat.page.getByText('Three.').waitFor()
  expect(await chat.whenEnded('completed')).toBe('Three.')
  expect(await chat.page.locator('.question-text').allTextContents()).toEqual(['Something else'])
  expect(demo.model.requests.at(-1)!.body).toMatchObject({
    messages: [{ role: 'user', content: 'Something else' }],
  })

  const versions = chat.page.getByRole('group', { name: 'Versions of the question' })
  const shown = () => chat.page.locator('.question-text, .answer-text').allTextContents()
  await chat.page.reload()
  await versions.getByText('2 / 2').waitFor()
  await expect.poll(shown).toEqual(['Something else', 'Three.'])
  await versions.getByRole('button', { name: 'Previous question' }).click()
  await versions.getByText('1 / 2').waitFor()
  await expect.poll(shown).toEqual(['First', 'One.', 'Second', 'Two.'])

  // And it can be gone on with.
  demo.model.script({ text: 'Four.' })
  await chat.ask('Third')
  expect(await chat.whenEnded('completed')).toBe('Four.')
  expect(demo.model.requests.at(-1)!.body).toMatchObject({
    messages: ['First', 'One.', 'Second', 'Two.', 'Third'].map((content) => ({ content })),
  })
  await chat.page.reload()
  await expect.poll(shown).toEqual(['First', 'One.', 'Second', 'Two.', 'Third', 'Four.'])
})

test('an answer can be had again; the one before is a click away, after a reload too', async () => {
  demo.model.script({ text: 'One.' }, { text: 'Another.' })
  await chat.ask('Hello')
  expect(await chat.whenEnded('completed')).toBe('One.')
  await chat.page.getByRole('button', { name: 'Regenerate' }).click()
  await chat.page.getByText('Another.').waitFor()
  expect(await chat.whenEnded('completed')).toBe('Another.')
  expect(await chat.page.locator('.answer').count()).toBe(1)
  await chat.page.reload()
  expect(await chat.whenEnded('completed')).toBe('Another.')
  const versions = chat.page.getByRole('group', { name: 'Versions of the answer' })
  await versions.getByText('2 / 2').waitFor()
  await versions.getByRole('button', { name: 'Previous answer' }).click()
  expect(await chat.whenEnded('completed')).toBe('One.')

  // The next question goes on with the one that is shown.
  demo.model.script({ text: 'More.' })
  await chat.ask('And?')
  expect(await chat.whenEnded('completed')).toBe('More.')
  expect(demo.model.requests.at(-1)!.body).toMatchObject({
    messages: [{ content: 'Hello' }, { content: 'One.' }, { content: 'And?' }],
  })
  await chat.page.reload()
  await chat.page.getByText('More.').waitFor()
  expect(await chat.page.locator('.answer-text').allTextContents()).toEqual(['One.', 'More.'])
})

test('two answers that run go on after a reload, side by side, and Stop stops both', async () => {
  const gates = [demo.answers.hold(), demo.answers.hold()]
  await chat.page.getByRole('button', { name: 'Two answers' }).click()
  await chat.ask(LOGGING_QUESTION)
  const lengths = () =>
    chat.page.locator('.answer-text').evaluateAll((all) => all.map((each) => each.textContent.length))
  const bothGrow = () =>
    expect
      .poll(async () => (await lengths()).filter((length) => length > 200).length, { timeout: 10_000 })
      .toBe(2)
  await bothGrow()
  await chat.page.reload()
  await bothGrow()
  expect(demo.model.requests).toHaveLength(2)
  await chat.stop.click()
  await chat.page.locator('.answer[data-outcome=stopped]').nth(1).waitFor()
  for (const gate of gates) gate.open()
  await chat.status.filter({ hasText: /^Stopped$/ }).waitFor()
})

test('the second of two answers that fails can be had again by itself', async () => {
  demo.model.script({ text: 'The one.' })
  demo.model.fail('quota')
  await chat.page.getByRole('button', { name: 'Two answers' }).click()
  await chat.ask('Hello')
  await chat.page.locator('.answer[data-outcome=failed]').waitFor()
  await chat.page.locator('.answer[data-outcome=completed]').waitFor()
  demo.model.script({ text: 'The other.' })
  await chat.page.getByRole('button', { name: 'Retry' }).click()
  await chat.page.locator('.answer[data-outcome=completed]').nth(1).waitFor()
  const texts = await chat.page.locator('.answer-text').allTextContents()
  expect(texts.toSorted()).toEqual(['The one.', 'The other.'])
  await chat.page.reload()
  await chat.page.locator('.answer[data-outcome=completed]').nth(1).waitFor()
  expect(await chat.page.locator('.answer').count()).toBe(2)
})

test('a question that is asked and left at once is answered all the same', async () => {
  demo.model.script({ text: 'Here.' })
  // The request that stores it takes its time.
  await chat.page.route('**/api/conversations/*/turns/*', async (route) => {
    await left.promise
    await route.continue()
  })
  const left = Promise.withResolvers<void>()
  await chat.ask('Is anybody there?')
  await chat.page.getByRole('button', { name: 'New chat' }).click()
  await chat.page.getByRole('heading', { name: 'Ask something long.' }).waitFor()
  left.resolve()
  await chat.page.getByRole('link', { name: /^Is anybody there/ }).click()
  expect(await chat.whenEnded('completed')).toBe('Here.')
  expect(demo.model.requests).toHaveLength(1)
})

test('two answers come side by side, and the next question goes on with the one that is chosen', async () => {
  demo.model.script({ text: 'The one.' }, { text: 'The other.' })
  await chat.page.getByRole('button', { name: 'Two answers' }).click()
  await chat.ask('Hello')
  const answers = chat.page.locator('.answer')
  await chat.page.locator('.answer[data-outcome=completed]').nth(1).waitFor()
  const texts = [await chat.copied(answers.first()), await chat.copied(answers.last())]
  expect(texts.toSorted()).toEqual(['The one.', 'The other.'])
  await answers.first().getByRole('button', { name: 'Go on with this' }).click()
  await answers.first().getByRole('button', { name: 'Goes on with this' }).waitFor()

  await chat.page.getByRole('button', { name: 'Two answers' }).click()
  await chat.ask('And?')
  await chat.page.locator('.turn:last-child .answer[data-outcome=completed]').waitFor()
  expect(demo.model.requests.at(-1)!.body).toMatchObject({
    messages: [{ content: 'Hello' }, { role: 'assistant', content: texts[0] }, { content: 'And?' }],
  })
})

test('what the model thinks is folded away, and can be unfolded', async () => {
  await chat.page.getByLabel('Model').selectOption('sluice-reasoning')
  demo.model.script({ reasoning: 'Let me think about it.', text: 'Yes.' })
  await chat.ask('Is it so?')
  expect(await chat.whenEnded('completed')).toBe('Yes.')
  const thoughts = chat.page.getByText('Let me think about it.')
  expect(await thoughts.isVisible()).toBe(false)
  await chat.page.getByText('Thoughts').click()
  await thoughts.waitFor()
  await chat.page.reload()
  await chat.page.getByText('Thoughts').click()
  await thoughts.waitFor()
})

test('tools that the model calls are shown, with what they were asked and what they gave', async () => {
  await chat.page.getByLabel('Model').selectOption('sluice-tools')
  await chat.ask('What time is it in Lisbon?')
  await chat.whenEnded('completed')
  const tools = chat.page.getByRole('list', { name: 'Tools used' }).locator('.tool')
  const names = await tools.locator('.tool-name').allTextContents()
  expect(names.length).toBeGreaterThan(0)
  expect(await tools.locator('.tool-state').allTextContents()).toEqual(names.map(() => 'done'))
  await tools.first().locator('summary').click()
  expect(await tools.first().locator('dd').count()).toBe(2)
  for (const given of await tools.first().locator('dd').allTextContents()) JSON.parse(given)
})

test('code is coloured, and its button copies it', async () => {
  const code = 'const answer: number = 42\n'
  demo.model.script({ text: `Look:\n\n\`\`\`ts\n${code}\`\`\`\n` })
  await chat.ask('Show me some code')
  await chat.whenEnded('completed')
  await chat.page.locator('.answer-text .hljs-keyword').waitFor()
  await chat.page.locator('pre').hover()
  await chat.page.getByRole('button', { name: 'Copy', exact: true }).click()
  await chat.page.getByRole('button', { name: 'Copied', exact: true }).first().waitFor()
  expect(await chat.page.evaluate(() => navigator.clipboard.readText())).toBe(code)
})

test('all of it can be done by keys', async () => {
  const { page } = chat
  demo.model.script({ text: 'One.' })
  // The page has put the focus where one begins.
  await page.locator('textarea:focus').waitFor()
  await page.keyboard.type('Hello')
  await page.keyboard.press('Enter')
  await chat.whenOutcome('completed')
  await page.locator('.entry').waitFor()
  // Each step of Tab leads to something that has a name, and that shows that it has the focus.
  const names: string[] = []
  for (let step = 0; step < 30; step++) {
    await page.keyboard.press('Tab')
    const [name, isSeen] = await page.evaluate(() => {
      const { activeElement: element } = document
      // After the last one, the focus is the browser's own.
      if (element === null || element === document.body) return ['', true] as const
      const inView = element.matches('.segmented input') ? element.nextElementSibling! : element
      const isOutlined = getComputedStyle(inView).outlineStyle !== 'none' || element.matches('textarea')
      return [element.ariaLabel ?? element.textContent?.trim() ?? '', isOutlined] as const
    })
    names.push(name)
    expect({ name, isSeen }).toEqual({ name, isSeen: true })
  }
  expect(names).toEqual(
    expect.arrayContaining([
      'New chat',
      'Hello',
      'Rename Hello',
      'Delete Hello',
      'Share',
      'Laboratory',
      'Edit question',
      'Copy answer',
      'Regenerate',
    ]),
  )
})
