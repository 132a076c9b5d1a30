import { fileURLToPath } from 'node:url'
import { launchChromium } from '@sluice/programs/chromium'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Cluster } from '../scripts/cluster/cluster.ts'
import { LOGGING_QUESTION, openChat } from './support/chat-page.ts'
import { type RunningDemo, startDemo } from './support/demo.ts'
import { LabPage } from './support/lab-page.ts'

const main = fileURLToPath(new URL('../src/server/main.ts', import.meta.url))

let browser: Browser
let cluster: Cluster
/** For its model server, which the instances ask. */
let demo: RunningDemo

beforeAll(async () => {
  const { REDIS_URL: _, DATA_DIR: __, OPENAI_API_KEY: ___, ...env } = process.env
  const nodeArgs = ['--conditions=sluice-source', main]
  ;[browser, demo] = await Promise.all([
    launchChromium(),
    startDemo({ pace: { ttftMs: 20, tokensPerSecond: 1_000 } }),
  ])
  cluster = await Cluster.start({
    nodeArgs,
    port: 0,
    env: { ...env, LEASE_MS: '600', OPENAI_BASE_URL: demo.model.baseURL },
    say: () => {},
  })
}, 60_000)
beforeEach(() => demo.model.reset())
afterAll(() => Promise.all([browser.close(), demo.close(), cluster.stop()]))

test.each(['SSE', 'WebSocket'])(
  'over %s: the server that writes the answer is killed, and another one writes it',
  { timeout: 60_000 },
  async (way) => {
    const chat = await openChat(browser, cluster.url, { viewport: { width: 1440, height: 900 } })
    await chat.page.getByLabel(way).check()
    const lab = await LabPage.open(chat)
    // The first answer stops in the middle, so that it cannot end before the kill.
    demo.model.fail('stall', { afterTokens: 300 })
    await chat.ask(LOGGING_QUESTION)
    await chat.whenLongerThan(200)
    await lab.press('Kill it')
    await lab.whenHappened(/connection lost \(producer_lost\)/)
    await lab.whenHappened(/resumed: everything after chunk 0$/)
    expect(await chat.whenEnded('completed')).toBe(demo.model.answerFor(LOGGING_QUESTION))
    expect(demo.model.requests).toHaveLength(2)
    expect(await chat.page.getByRole('region', { name: 'Error' }).count()).toBe(0)
    expect(chat.uncaught).toEqual([])
    await chat.close()
  },
)
