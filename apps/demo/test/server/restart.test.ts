import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { sessionSecret } from '../../src/server/session-secret.ts'
import { openStore } from '../../src/server/store/store.ts'
import { STEADY, startServer } from './support/server.ts'
import { createId, eventsOf, until, Visitor } from './support/visitor.ts'

const QUESTION = 'Explain Dijkstra'

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'sluice-demo-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }))
})

test('conversations, links and visitors outlive the process', async () => {
  const { secret } = sessionSecret(undefined, dataDir)
  const before = await startServer({ dataDir, secret })
  const ann = await Visitor.arrive(before.url)
  const asked = await ann.begin(QUESTION)
  await ann.answer(asked)
  await ann.ask('POST', `/api/conversations/${asked.conversationId}/share`)
  const conversation = await ann.read(asked.conversationId)
  await before.close()

  const again = sessionSecret(undefined, dataDir)
  expect(again).toEqual({ secret, from: 'DATA_DIR' })
  expect(statSync(join(dataDir, 'session-secret')).mode & 0o777).toBe(0o600)
  const after = await startServer({ dataDir, secret: again.secret })
  expect(await ann.at(after.url).read(asked.conversationId)).toEqual(conversation)
})

test('an answer that died with its process is an error that says so, and can be asked for again', async () => {
  const secret = createId()
  // A process that was killed leaves this behind: an answer that runs, of which no log knows.
  const store = openStore(dataDir)
  const server = await startServer({ dataDir, secret })
  const ann = await Visitor.arrive(server.url)
  const asked = await ann.begin(QUESTION)
  const { owner } = store.conversations.find(asked.conversationId)!
  store.answers.begin({
    ...asked,
    lane: 0,
    owner,
    model: 'gpt-5-mini',
    streamId: createId(),
    isRestart: false,
  })
  store.close()

  const list = await ann.ask<{ conversations: unknown[] }>('GET', '/api/conversations')
  expect(list.conversations).toMatchObject([{ running: 0 }])
  expect(await ann.stored(asked)).toMatchObject({
    state: 'failed',
    error: { type: 'producer_lost', recoverable: true, message: expect.stringContaining('is gone') },
  })
  const again = { ...asked, answerId: createId() }
  await ann.answer(again)
  expect(await ann.stored(again)).toMatchObject({ state: 'completed' })
})

test('two processes on one file see each other’s conversations', async () => {
  const secret = createId()
  const a = await startServer({ dataDir, secret })
  const b = await startServer({ dataDir, secret, pace: STEADY })
  const ann = await Visitor.arrive(a.url)
  const asked = await ann.begin(QUESTION)
  const events = eventsOf(await ann.at(b.url).start(asked))
  await until(events, 'stream_complete')
  expect(await ann.stored(asked)).toMatchObject({ state: 'completed', text: b.model.answerFor(QUESTION) })
})

test('an answer is stored once: a later report of it is ignored', async () => {
  const store = openStore(undefined)
  const [conversationId, turnId, answerId, streamId] = Array.from({ length: 4 }, createId) as [
    string,
    string,
    string,
    string,
  ]
  store.conversations.putTurn('ann', conversationId, turnId, { question: QUESTION, parentId: null })
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
  const end = {
    streamId,
    outcome: 'completed' as const,
    text: 'first',
    reasoning: '',
    toolCalls: [],
    error: null,
    finishReason: 'stop',
    outputTokens: 1,
    ttftMs: 1,
    durationMs: 2,
  }
  // A report of an answer that only looked lost is accepted; later reports are not.
  store.answers.lost(streamId, { type: 'producer_lost', message: '', recoverable: true, retryAfter: null })
  expect(store.answers.end(end)).toBe(true)
  const { revision } = store.conversations.find(conversationId)!
  expect(store.answers.end({ ...end, text: 'second' })).toBe(false)
  store.answers.lost(streamId, { type: 'producer_lost', message: '', recoverable: true, retryAfter: null })
  expect(store.answers.list(conversationId)).toMatchObject([
    { state: 'completed', text: 'first', error: null },
  ])
  expect(store.conversations.find(conversationId)!.revision).toBe(revision)
  store.close()
})
