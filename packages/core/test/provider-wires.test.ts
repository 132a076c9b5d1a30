import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { StreamingError } from '../src/index.ts'
import { createHub, defineStream, memoryLog, type StreamEnd } from '../src/server/index.ts'
import { recordingSink } from '../src/testing/index.ts'
import { CALM } from './harness.ts'
import { ask, CASES, type Outcome, readAnswer, type WireCase, WireServer } from './provider-wires.ts'

const numbered = CASES.map((wire, number) => ({ ...wire, number }))

describe('what servers really send, through the official client and a hub', () => {
  let server: WireServer
  beforeAll(async () => {
    server = await WireServer.start()
  })
  afterAll(() => server.close())

  test.concurrent.each(numbered)('$api: $name', async ({ api, number, expect: expected }) => {
    const client = server.clientOf(number)
    const ends: StreamEnd[] = []
    const chat = defineStream({
      input: z.object({}),
      run: ({ signal }) => ask(api, client, signal),
      // As by default, but soon.
      retry: { baseMs: 1 },
      onEnd: (end) => void ends.push(end),
    })
    const hub = createHub({ streams: { chat }, log: memoryLog(), pressure: CALM })
    const sink = recordingSink()
    sink.watch(await hub.start({ stream: 'chat', input: {} }))
    await sink.ended
    await hub.close()

    const last = sink.events.at(-1)
    expect(last).toMatchObject({
      type: expected.end,
      ...(expected.error_type !== undefined && { error_type: expected.error_type }),
      ...(expected.recoverable !== undefined && { recoverable: expected.recoverable }),
      ...(expected.finish_reason !== undefined && { finish_reason: expected.finish_reason }),
      ...(expected.usage !== undefined && { usage: expected.usage }),
    })
    if (expected.requests !== undefined) expect(server.requestsOf(number)).toBe(expected.requests)
    if (expected.end === 'stream_error') return
    expect(ends[0]).toMatchObject({
      outcome: 'completed',
      text: expected.text,
      reasoning: expected.reasoning ?? '',
      toolCalls: expected.tool_calls ?? [],
    })
  })
})

describe('the same lines cut at every byte', () => {
  const bytesOf = ({ body }: WireCase) => new TextEncoder().encode(body)

  /** A client whose server sends these bytes, and then ends or breaks the body. */
  function clientOf({ content_type }: WireCase, bytes: Uint8Array, isBroken: boolean): OpenAI {
    const body = new ReadableStream({
      type: 'bytes',
      start(controller) {
        if (bytes.length > 0) controller.enqueue(bytes.slice())
        if (!isBroken) controller.close()
      },
      pull(controller) {
        if (isBroken) controller.error(new TypeError('terminated'))
      },
    })
    return new OpenAI({
      apiKey: 'test',
      baseURL: 'http://provider/v1',
      logLevel: 'off',
      fetch: async () => new Response(body, { headers: { 'content-type': content_type } }),
    })
  }

  /** Calls that came without an id have another made-up one each time. */
  const comparable = (call: Outcome['calls'][number]) => ({
    ...call,
    id: call.id?.replace(/^call_[0-9a-f-]{36}$/, 'made up'),
  })

  /** Many cases begin with the same bytes. */
  const known = new Map<string, Promise<Outcome>>()
  function outcomeOf(wire: WireCase, bytes: Uint8Array, isBroken: boolean): Promise<Outcome> {
    const key = `${wire.api} ${isBroken} ${Buffer.from(bytes).toString('latin1')}`
    const outcome = known.get(key) ?? readAnswer(ask(wire.api, clientOf(wire, bytes, isBroken)))
    known.set(key, outcome)
    return outcome
  }

  test.each(numbered)('$api: $name: the whole answer or an error', async (wire) => {
    const bytes = bytesOf(wire)
    const whole = await outcomeOf(wire, bytes, wire.ends === 'reset')
    for (let length = 0; length < bytes.length; length++) {
      for (const isBroken of [false, true]) {
        const cut = await outcomeOf(wire, bytes.subarray(0, length), isBroken)
        if (cut.finish === undefined) {
          expect(cut.error).toBeInstanceOf(StreamingError)
          expect(whole.text.startsWith(cut.text) || whole.error !== undefined).toBe(true)
          continue
        }
        const { text, reasoning, calls, finish } = whole
        expect({ length, isBroken, ...cut, calls: cut.calls.map(comparable) }).toMatchObject({
          text,
          reasoning,
          calls: calls.map(comparable),
        })
        expect(cut.finish.finishReason).toBe(finish?.finishReason)
      }
    }
  })
})
