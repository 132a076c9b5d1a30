import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startModelServer } from '@sluice/model-server'
import { launchChromium } from '@sluice/programs/chromium'
import { expect, onTestFinished, test } from 'vitest'
import { LOGGING_QUESTION, openChat } from './support/chat-page.ts'

const main = fileURLToPath(new URL('../src/server/main.ts', import.meta.url))

/** The demo as a process; resolves when it listens. */
async function run(env: Readonly<Record<string, string>>): Promise<{ child: ChildProcess; port: string }> {
  const child = spawn(process.execPath, ['--conditions=sluice-source', main], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  for await (const text of child.stdout) {
    output += String(text)
    const port = /http:\/\/localhost:(\d+)/.exec(output)?.[1]
    if (port !== undefined) return { child, port }
  }
  throw new Error(`It ended: ${output}`)
}

/** A model, the demo as a process with a folder of its own, and its page in Chromium. */
async function openDemo() {
  const dataDir = mkdtempSync(join(tmpdir(), 'sluice-demo-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }))
  const [model, browser] = await Promise.all([
    startModelServer({ ttftMs: 0, tokensPerSecond: 2_000 }),
    launchChromium(),
  ])
  onTestFinished(async () => {
    await browser.close()
    await model.close()
  })
  const env = { OPENAI_BASE_URL: model.baseURL, DATA_DIR: dataDir }
  const first = await run({ ...env, PORT: '0' })
  const chat = await openChat(browser, `http://localhost:${first.port}`)
  return { dataDir, model, browser, env, first, chat }
}

test('kill -9 in mid-answer, and a log that is lost: what was on the page stays, says that it is all there is, and Retry gives a whole answer', {
  timeout: 120_000,
}, async () => {
  const { dataDir, model, browser, env, first, chat } = await openDemo()
  const { page } = chat
  model.fail('stall', { afterTokens: 150 })
  await chat.ask(LOGGING_QUESTION)
  const request = await model.waitFor(({ tokens }) => tokens >= 150)
  const said = request.text
  // All of it is on the page.
  await chat.whenLongerThan(400)
  await expect
    .poll(async () => (await page.locator('.answer-text').textContent())?.includes(lastWords(said)) ?? false)
    .toBe(true)
  const before = await chat.answer()

  first.child.kill('SIGKILL')
  await once(first.child, 'exit')
  await page.locator('.status[data-kind=reconnecting]').waitFor()
  // As if it had been in memory.
  for (const file of readdirSync(dataDir)) if (file.startsWith('streams.db')) rmSync(join(dataDir, file))
  await run({ ...env, PORT: first.port })

  const failure = page.getByRole('region', { name: 'Error' })
  const isHonest = async () => {
    await chat.whenOutcome('failed')
    await failure.getByText('The server process that wrote this answer is gone').waitFor()
    await failure.getByText(/what had arrived on this page, and is kept here only/).waitFor()
    await expect.poll(async () => withoutSpace(await chat.answer())).toBe(withoutSpace(before))
    expect(await chat.copied()).toBe(said)
  }
  await isHonest()
  await page.reload()
  await isHonest()

  // Another browser of this visitor has never had it, and is told so.
  const storageState = await page.context().storageState()
  const { pathname } = new URL(page.url())
  const other = await openChat(browser, new URL(page.url()).origin, { path: pathname, storageState })
  await other.whenOutcome('failed')
  await other.page.getByText('Nothing of it is left. Retry asks for it again.').waitFor()
  expect(await other.answer()).toBe('')

  await failure.getByRole('button', { name: 'Retry' }).click()
  expect(await chat.whenEnded('completed')).toBe(model.answerFor(LOGGING_QUESTION))
  await page.reload()
  expect(await chat.whenEnded('completed')).toBe(model.answerFor(LOGGING_QUESTION))
  expect(chat.uncaught).toEqual([])
})

test('kill -9 in mid-answer: the answer begins anew by itself, on the page that is open and after a reload', {
  timeout: 120_000,
}, async () => {
  const { model, env, first, chat } = await openDemo()
  model.fail('stall', { afterTokens: 150 })
  await chat.ask(LOGGING_QUESTION)
  await model.waitFor(({ tokens }) => tokens >= 150)
  await chat.whenLongerThan(400)

  first.child.kill('SIGKILL')
  await once(first.child, 'exit')
  await chat.page.locator('.status[data-kind=reconnecting]').waitFor()
  await run({ ...env, PORT: first.port })
  expect(await chat.whenEnded('completed')).toBe(model.answerFor(LOGGING_QUESTION))
  await chat.page.reload()
  expect(await chat.whenEnded('completed')).toBe(model.answerFor(LOGGING_QUESTION))
  expect(model.requests.filter(({ body }) => JSON.stringify(body).includes(LOGGING_QUESTION))).toHaveLength(2)
  expect(chat.uncaught).toEqual([])
})

/** The end of a text, without Markdown's own characters. */
function lastWords(text: string): string {
  return /[\w ]+$/.exec(text.trimEnd().replace(/[^\w]+$/, ''))?.[0].trim() ?? ''
}

/** What is incomplete is laid out in another way than what has ended. */
const withoutSpace = (text: string): string => text.replaceAll(/\s/g, '')
