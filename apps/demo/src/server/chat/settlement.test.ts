import { randomBytes } from 'node:crypto'
import { type Part, StreamingError } from '@sluice/core'
import { createHub, defineStream, type Hub, memoryLog } from '@sluice/core/server'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { openStore } from '../store/store.ts'
import { settle } from './settlement.ts'

const createId = () => randomBytes(16).toString('base64url')

/** A stream, and an answer in the store that says that it runs in it; nobody stores how it ends. */
async function unsettled(run: () => AsyncIterable<Part>) {
  const store = openStore(undefined)
  const ended = Promise.withResolvers<void>()
  const chat = defineStream({ input: z.object({}), run, onEnd: () => ended.resolve() })
  const hub: Hub = createHub({ streams: { chat }, log: memoryLog() })
  onTestFinished(async () => {
    await hub.close({ deadlineMs: 0 })
    store.close()
  })
  const { streamId } = (await hub.start({ stream: 'chat', input: {}, owner: 'ann' })).record
  const [conversationId, turnId, answerId] = [createId(), createId(), createId()]
  store.conversations.putTurn('ann', conversationId, turnId, { question: 'Who?', parentId: null })
  const begun = {
    owner: 'ann',
    conversationId,
    turnId,
    answerId,
    lane: 0 as const,
    model: 'm',
    streamId,
    isRestart: false,
  }
  store.answers.begin(begun)
  return {
    streamId,
    ended: ended.promise,
    settled: async (by: Hub = hub) => {
      await settle(store.answers, by, 'ann')
      return store.answers.list(conversationId)[0]!
    },
    begin: (successor: string) => store.answers.begin({ ...begun, streamId: successor, isRestart: true }),
  }
}

test('the end of a stream that has ended is stored from its log', async () => {
  const { ended, settled } = await unsettled(async function* () {
    yield 'Ann.'
  })
  await ended
  expect(await settled()).toMatchObject({ state: 'completed', text: 'Ann.', finishReason: 'stop' })
})

test('an answer that runs goes on', async () => {
  const { settled, streamId } = await unsettled(async function* () {
    yield 'A'
    await new Promise(() => {})
  })
  expect(await settled()).toMatchObject({ state: 'running', streamId })
})

test('an answer that another server writes anew has moved to its stream, whichever server says so first', async () => {
  const successor = createId()
  const { ended, settled, begin } = await unsettled(async function* () {
    yield 'A'
    throw new StreamingError('producer_lost', undefined, { context: { restarted_as: successor } })
  })
  await ended
  const elsewhere = { find: async () => ({ ended: false }) } as unknown as Hub
  expect(await settled()).toMatchObject({ state: 'running', streamId: successor, error: null })
  begin(successor)
  expect(await settled(elsewhere)).toMatchObject({ state: 'running', streamId: successor })
})

test('one of which no log knows is lost; while the log cannot be asked, it runs', async () => {
  const { settled } = await unsettled(async function* () {
    yield 'A'
    await new Promise(() => {})
  })
  const refusing = (type: 'capacity' | 'not_found') =>
    ({ find: () => Promise.reject(new StreamingError(type)) }) as unknown as Hub
  expect(await settled(refusing('capacity'))).toMatchObject({ state: 'running' })
  const silent = { find: () => new Promise(() => {}) } as unknown as Hub
  expect(await settled(silent)).toMatchObject({ state: 'running' })
  expect(await settled(refusing('not_found'))).toMatchObject({
    state: 'lost',
    error: { type: 'producer_lost' },
  })
})
