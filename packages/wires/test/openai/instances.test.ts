import { resumingFetch } from '@sluice/client/fetch'
import { FaultProxy } from '@sluice/fault-proxy'
import { RedisServer } from '@sluice/programs/redis'
import { redisLog } from '@sluice/redis'
import type OpenAI from 'openai'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { readResponse } from './readers.ts'
import { type Answer, clientFor, endless, FINISH, listenOpenAi, newKey } from './support.ts'

let redis: RedisServer
let proxy: FaultProxy
let port: number

beforeAll(async () => {
  redis = await RedisServer.start()
})
beforeEach(async () => {
  proxy = await FaultProxy.before(() => port)
})
afterEach(() => proxy.close())
afterAll(() => redis.kill())

const model = 'support-bot'
const WHOLE = Array.from({ length: 40 }, (_, at) => `${at} `).join('')

/** Says twenty words, and the rest when it may. */
function halting(): { readonly answer: Answer; readonly goOn: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return {
    goOn: resolve,
    async *answer() {
      for (let at = 0; at < 20; at += 1) yield `${at} `
      await promise
      for (let at = 20; at < 40; at += 1) yield `${at} `
      yield FINISH
    },
  }
}

async function instances(answer: Answer) {
  const keyPrefix = `${newKey()}:`
  const options = () => ({
    log: redisLog({ url: redis.url, keyPrefix, leaseMs: 3_000 }),
    closeDeadlineMs: 8_000,
  })
  const [a, b] = [await listenOpenAi(answer, options()), await listenOpenAi(answer, options())]
  port = a.port
  return { a, b }
}

interface Reader {
  /** Reads to the end, and says each text as it comes. */
  readonly read: (url: string, onText: (text: string) => void) => Promise<void>
}

const readers: Record<string, Reader> = {
  'chat completions with resumingFetch': {
    async read(url, onText) {
      const client = clientFor(url, resumingFetch({ retry: { baseMs: 1, capMs: 20 } }))
      const messages = [{ role: 'user' as const, content: 'Count' }]
      for await (const { choices } of await client.chat.completions.create({ model, messages, stream: true }))
        onText(choices[0]?.delta.content ?? '')
    },
  },
  'responses by their own resume': {
    async read(url, onText) {
      await readResponse(clientFor(url), 'Count', newKey(), (event) => {
        if (event.type === 'response.output_text.delta') onText(event.delta)
      })
    },
  },
}

test.each(Object.entries(readers))(
  '%s: an answer goes on at another instance while its own one closes',
  async (_, { read }) => {
    const { answer, goOn } = halting()
    const { a, b } = await instances(answer)
    let text = ''
    const reading = read(`${proxy.url}/v1`, (delta) => {
      text += delta
    })
    await expect.poll(() => text, { timeout: 10_000 }).toMatch(/ 19 $/)
    port = b.port
    const closed = a.close()
    // As a balancer does it: connections that are kept alive do not lead to A any more.
    proxy.drop()
    await expect.poll(() => b.hub.load.viewers, { timeout: 30_000 }).toBe(1)
    goOn()
    await Promise.all([reading, closed])
    expect(text).toBe(WHOLE)
    expect([a.asked.length, b.asked.length]).toEqual([1, 0])
    await b.close()
  },
)

test('any instance reads a response on, answers with it, and stops it', async () => {
  const { answer, stopped } = endless()
  const { a, b } = await instances(answer)
  const events: OpenAI.Responses.ResponseStreamEvent[] = []
  const tools = [{ type: 'function' as const, name: 'look_up', parameters: {}, strict: false }]
  for await (const event of await a.client.responses.create({ model, input: 'Hi', tools, stream: true })) {
    events.push(event)
    if (event.type === 'response.output_text.delta') break
  }
  const [created] = events as [Extract<(typeof events)[number], { type: 'response.created' }>]
  const { id } = created.response
  // The name of the model comes with the stream.
  expect(await b.client.responses.retrieve(id)).toMatchObject({ id, model, status: 'in_progress' })
  const rest = await b.client.responses.retrieve(id, {
    stream: true,
    starting_after: events.at(-1)!.sequence_number,
  })
  const cancelled = b.client.responses.cancel(id)
  for await (const event of rest) events.push(event)
  await stopped
  expect(await cancelled).toMatchObject({ status: 'cancelled' })
  expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, at) => at))
  expect(events.at(-1)).toMatchObject({ type: 'response.incomplete', response: { status: 'cancelled' } })
  await Promise.all([a.close(), b.close()])
})

test('a key leads to the answer that another instance has begun, and stops it', async () => {
  const { answer, stopped } = endless()
  const { a, b } = await instances(answer)
  const headers = { 'Idempotency-Key': newKey() }
  const body = { model, input: 'Hi', background: true }
  const first = await a.client.responses.create(body, { headers })
  expect((await b.client.responses.create(body, { headers })).id).toBe(first.id)
  expect([a.asked.length, b.asked.length]).toEqual([1, 0])
  const answered = await fetch(`${b.url}/responses`, { method: 'DELETE', headers })
  expect(answered.status).toBe(204)
  await stopped
  await Promise.all([a.close(), b.close()])
})
