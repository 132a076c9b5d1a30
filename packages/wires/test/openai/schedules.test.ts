import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { ChatOpenAI } from '@langchain/openai'
import { resumingFetch } from '@sluice/client/fetch'
import type { StreamEvent } from '@sluice/core'
import { type Fault, FaultProxy, schedule } from '@sluice/fault-proxy'
import { streamText } from 'ai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { completionOf } from '../../src/openai/whole-answer.ts'
import { readResponse, SILENCE_MS } from './readers.ts'
import { chunksOf, eventsOf, expectAnswer, type Recorded, seededAnswer } from './seeded.ts'
import { clientFor, listenOpenAi, newKey, type OpenAiServer } from './support.ts'

/** How many schedules, and from which seed on: a failure names its seed. */
const runs = Number(process.env.SLUICE_RUNS ?? 100)
const firstSeed = Number(process.env.SLUICE_SEED ?? 1)
/** Schedules that run at once, each with a line of its own: most of their time is waiting for a silent one. */
const LINES = 8

let server: OpenAiServer
let proxies: FaultProxy[]

beforeAll(async () => {
  server = await listenOpenAi(seededAnswer, { options: { heartbeatMs: SILENCE_MS / 4 } })
  proxies = await Promise.all(Array.from({ length: LINES }, () => FaultProxy.before(server.port)))
})
afterAll(async () => {
  await Promise.all(proxies.map((proxy) => proxy.close()))
  await server.close()
})

/** The answer as a client got it, and as it has to be. */
interface Outcome {
  /** The id of the answer, if the client shows it. */
  readonly id: string | undefined
  readonly got: unknown
  readonly expected: (events: readonly StreamEvent[], record: Recorded) => unknown
}

const resuming = () =>
  resumingFetch({ retry: { baseMs: 1, capMs: 4 }, silenceMs: SILENCE_MS, startMs: 2 * SILENCE_MS })
const model = 'support-bot'
const parameters = { type: 'object', properties: {} }

const readers: Record<string, (url: string, question: string) => Promise<Outcome>> = {
  async 'openai, chat completions, with resumingFetch'(url, question) {
    const stream = await clientFor(url, resuming()).chat.completions.create({
      model,
      messages: [{ role: 'user', content: question }],
      tools: [{ type: 'function', function: { name: 'look_up', parameters } }],
      stream: true,
      stream_options: { include_usage: true },
    })
    const got = []
    for await (const chunk of stream) got.push(chunk)
    return {
      id: got[0]?.id,
      got,
      expected: chunksOf,
    }
  },

  async 'openai, responses, with resumingFetch'(url, question) {
    const stream = await clientFor(url, resuming()).responses.create({
      model,
      input: question,
      tools: [{ type: 'function', name: 'look_up', parameters, strict: false }],
      stream: true,
    })
    const got = []
    for await (const event of stream) got.push(event)
    return { id: idOf(got), got, expected: eventsOf }
  },

  async 'openai, responses, by its own resume'(url, question) {
    const got = await readResponse(clientFor(url), question, newKey())
    return { id: idOf(got), got, expected: eventsOf }
  },

  async 'LangChain, with resumingFetch'(url, question) {
    const configuration = { baseURL: url, fetch: resuming() }
    const chat = new ChatOpenAI({ model, apiKey: 'sk-test', maxRetries: 0, configuration })
    let text = ''
    let id: string | undefined
    for await (const chunk of await chat.stream(question)) {
      text += chunk.text
      id ??= chunk.id
    }
    return { id, got: text, expected: (events, record) => contentOf(events, record) }
  },

  async 'the AI SDK, openai-compatible, with resumingFetch'(url, question) {
    const provider = createOpenAICompatible({ name: 'sluice', baseURL: url, fetch: resuming() })
    const result = streamText({ model: provider(model), prompt: question, maxRetries: 0 })
    const text = await result.text
    return {
      id: (await result.response).id,
      got: { text, reasoning: (await result.reasoningText) ?? '' },
      expected: (events, record) => ({
        text: contentOf(events, record),
        reasoning: completionOf(record, events).choices[0].message.reasoning_content ?? '',
      }),
    }
  },
}

function contentOf(events: readonly StreamEvent[], record: Recorded): string {
  return completionOf(record, events).choices[0].message.content ?? ''
}

function idOf(events: readonly { readonly type: string }[]): string {
  return (events[0] as unknown as { readonly response: { readonly id: string } }).response.id
}

async function run(name: string, seed: number, proxy: FaultProxy): Promise<void> {
  // A connection that is kept alive from the previous schedule would have no faults.
  proxy.drop()
  proxy.faults = schedule(seed, { maxBytes: 6_000 }) as Fault[]
  const question = `${name} ${seed}`
  const { id = '', got, expected } = await readers[name]!(`${proxy.url}/v1`, question)
  await expectAnswer(server, { question, id, got }, expected)
}

describe.each(Object.keys(readers))('%s', (name) => {
  test(`has in ${runs} schedules of faults all of the answer, of one generation`, async () => {
    const before = proxies.reduce((sum, { faulted }) => sum + faulted, 0)
    let seed = firstSeed
    await Promise.all(
      proxies.map(async (proxy) => {
        while (seed < firstSeed + runs) await run(name, seed++, proxy)
      }),
    )
    const faulted = proxies.reduce((sum, proxy) => sum + proxy.faulted, -before)
    // The schedules are worth their name.
    expect(faulted).toBeGreaterThan(runs / 2)
    for (const proxy of proxies) proxy.drop()
    await expect.poll(() => server.hub.load).toEqual({ streams: 0, viewers: 0 })
  }, 3_600_000)
})
