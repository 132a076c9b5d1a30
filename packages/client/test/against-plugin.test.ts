import type { AddressInfo, Socket } from 'node:net'
import { data, StreamingError } from '@sluice/core'
import { createHub, defineStream, memoryLog } from '@sluice/core/server'
import fastifySse from '@sluice/fastify-sse'
import Fastify from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { createClient, sse } from '../src/index.ts'
import { until } from './until.ts'

/** Lets the provider go on, word by word. */
let next: () => void
let runs: { input: unknown; signal: AbortSignal }[]

const words = 'né 漢 👩‍👩‍👧 '.repeat(200).split(/(?<= )/)

const streams = {
  chat: defineStream({
    input: z.object({ question: z.string().min(1) }),
    model: 'some-model',
    async *run({ input, signal }) {
      runs.push({ input, signal })
      yield* words
      yield data('forecast', { city: 'Lyon', celsius: 21 })
      yield { type: 'finish' as const, finishReason: 'stop' }
    },
  }),
  endless: defineStream({
    input: z.unknown(),
    async *run({ input, signal }) {
      runs.push({ input, signal })
      yield 'so far'
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    },
  }),
  stepwise: defineStream({
    input: z.unknown(),
    async *run({ input, signal }) {
      runs.push({ input, signal })
      for (const word of words) {
        await new Promise<void>((resolve) => {
          next = resolve
        })
        yield word
      }
      yield { type: 'finish' as const, finishReason: 'stop' }
    },
  }),
  moody: defineStream({
    input: z.unknown(),
    retry: { afterFirstChunk: 'restart', baseMs: 1, capMs: 1 },
    async *run({ attempt }) {
      yield attempt === 0 ? 'void' : 'valid'
      if (attempt === 0) throw new StreamingError('api_error')
    },
  }),
}

let app: ReturnType<typeof Fastify>
let sockets: Set<Socket>
let url: string

beforeEach(async () => {
  runs = []
  sockets = new Set()
  app = Fastify()
  app.register(fastifySse, {
    hub: createHub({ streams, log: memoryLog(), closeDeadlineMs: 100 }),
    prefix: '/streams',
  })
  app.server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/streams`
})
afterEach(async () => {
  await app.close()
})

const client = () =>
  createClient<typeof streams>({ transport: sse({ url }), retry: { baseMs: 1, capMs: 10 } })

test('a whole stream, typed', async () => {
  const session = client().start('chat', { question: 'why?' })
  let forecast: { city: string; celsius: number } | undefined
  for await (const event of session) if (event.type === 'data_chunk') forecast = event.data
  expect(forecast).toEqual({ city: 'Lyon', celsius: 21 })
  expect(await session.done).toMatchObject({
    state: 'completed',
    text: words.join(''),
    finishReason: 'stop',
    model: 'some-model',
  })
  expect(runs.map(({ input }) => input)).toEqual([{ question: 'why?' }])
})

test('cut off again and again, it is the same text from the same run', async () => {
  const session = client().start('stepwise', null)
  let cuts = 0
  for await (const event of session) {
    if (event.type === 'stream_complete') break
    if (event.chunk_id % 60 === 0) {
      for (const socket of sockets) socket.resetAndDestroy()
      cuts += 1
    }
    await expect.poll(() => typeof next).toBe('function')
    next()
  }
  expect(await session.done).toMatchObject({ state: 'completed', text: words.join('') })
  expect(session.snapshot.reconnects).toBeGreaterThanOrEqual(cuts - 1)
  expect(cuts).toBeGreaterThan(8)
  expect(runs).toHaveLength(1)
})

test('cancel reaches the run, also when only the key is known', async () => {
  const session = client().start('endless', null)
  await until(session, ({ text }) => text === 'so far')
  await session.cancel()
  expect((await session.done).state).toBe('cancelled')
  await expect.poll(() => runs[0]?.signal.aborted).toBe(true)

  const { idempotencyKey } = session
  const again = client().start('endless', null, { idempotencyKey: idempotencyKey! })
  expect(await again.done).toMatchObject({ state: 'cancelled', streamId: session.streamId })
  expect(runs).toHaveLength(1)

  const early = client().start('endless', null, { idempotencyKey: 'k'.repeat(22) })
  await until(early, ({ state }) => state === 'connecting')
  await early.cancel()
  const late = client().start('endless', null, { idempotencyKey: 'k'.repeat(22) })
  const { state, error } = await late.done
  expect(state === 'cancelled' || error?.type === 'conflict').toBe(true)
  await expect.poll(() => runs.every(({ signal }, index) => index === 0 || signal.aborted)).toBe(true)
})

test('after a reload: from the beginning, or from what was kept', async () => {
  const first = client().start('chat', { question: 'why?' })
  await until(first, ({ lastChunkId }) => lastChunkId > 1)
  const { streamId } = first
  first.detach()
  const whole = await client().attach('chat', streamId!).done
  expect(whole.text).toBe(words.join(''))
  const kept = await client().attach('chat', streamId!, first.snapshot).done
  expect(kept.text).toBe(words.join(''))
  expect((await client().attach('chat', streamId!, whole).done).state).toBe('completed')
  expect(runs).toHaveLength(1)
})

test('what a retry of the provider made void is not in the text', async () => {
  const session = client().start('moody', null)
  const deltas = await Array.fromAsync(session.deltas())
  expect(await session.done).toMatchObject({ state: 'completed', text: 'valid' })
  expect(deltas.at(-1)).toSatisfy((delta) => 'append' in delta || delta.reset === 'valid')
})

test('errors before the stream exists have their type, and what is wrong', async () => {
  const wrong = await client().start('chat', { question: '' }).done
  expect(wrong.error).toMatchObject({ type: 'invalid_request', status: 400, recoverable: false })
  expect(wrong.error?.issues?.[0]?.path).toEqual(['question'])
  expect((await client().attach('chat', 'x'.repeat(22)).done).error).toMatchObject({ type: 'not_found' })
  const beyond = client().start('chat', { question: 'why?' })
  const { streamId } = await beyond.done
  const restarted = await client().attach('chat', streamId!, { lastChunkId: 9_999, text: 'not from here' })
    .done
  expect(restarted).toMatchObject({ state: 'completed', text: words.join(''), revision: 1 })
})

test('when the server closes, the stream ends in an error that says so', async () => {
  const session = client().start('endless', null)
  await until(session, ({ text }) => text === 'so far')
  await app.close()
  expect(await session.done).toMatchObject({
    state: 'error',
    text: 'so far',
    error: { type: 'shutting_down', recoverable: true },
  })
})
