import { expect, test } from 'vitest'
import { STEADY, startServer } from './support/server.ts'
import { createId, eventsOf, readEvents, textOf, until, Visitor } from './support/visitor.ts'

const QUESTION = 'Explain Dijkstra'

test('a question is stored, answered over the stream, and the answer is stored when it has ended', async () => {
  const { url, model } = await startServer()
  const ann = await Visitor.arrive(url)
  const asked = await ann.begin(QUESTION)
  expect((await ann.read(asked.conversationId)).turns).toMatchObject([{ question: QUESTION, answers: [] }])

  const events = await ann.answer(asked)
  expect(textOf(events)).toBe(model.answerFor(QUESTION))
  const conversation = await ann.read(asked.conversationId)
  expect(conversation).toMatchObject({ title: QUESTION, access: 'owner', running: 0, share: null })
  expect(conversation.turns[0]!.answers).toMatchObject([
    {
      id: asked.answerId,
      state: 'completed',
      model: 'gpt-5-mini',
      text: model.answerFor(QUESTION),
      error: null,
      finishReason: 'stop',
    },
  ])
  const { outputTokens, ttftMs, durationMs } = conversation.turns[0]!.answers[0]!
  expect(outputTokens).toBeGreaterThan(100)
  expect(ttftMs).toBeGreaterThanOrEqual(0)
  expect(durationMs).toBeGreaterThanOrEqual(ttftMs!)
})

test('while an answer runs, another browser finds its stream and goes on in mid-word', async () => {
  const { url, model } = await startServer({ pace: STEADY })
  const ann = await Visitor.arrive(url)
  const asked = await ann.begin(QUESTION)
  const response = await ann.start(asked)
  const events = eventsOf(response)
  await until(events, 'content_chunk')
  await events.return(undefined)

  const { streamId, state, text } = await ann.stored(asked)
  expect({ state, text }).toEqual({ state: 'running', text: '' })
  expect(streamId).toBe(response.headers.get('stream-id'))
  const rest = await readEvents(await ann.request('GET', `/streams/chat/${streamId}`))
  expect(textOf(rest)).toBe(model.answerFor(QUESTION))
  expect((await ann.stored(asked)).state).toBe('completed')
})

test('a start that is repeated leads to the same answer', async () => {
  const { url, model } = await startServer()
  const ann = await Visitor.arrive(url)
  const asked = await ann.begin(QUESTION)
  const [first, second] = await Promise.all([ann.start(asked), ann.start(asked)])
  expect(second.headers.get('stream-id')).toBe(first.headers.get('stream-id'))
  await Promise.all([readEvents(first), readEvents(second)])
  expect(model.requests).toHaveLength(1)
  expect((await ann.read(asked.conversationId)).turns[0]!.answers).toHaveLength(1)
})

test('two answers to one question come side by side, and the next turn goes on with the one that it follows', async () => {
  const { url, model } = await startServer()
  const ann = await Visitor.arrive(url)
  const first = await ann.begin(QUESTION)
  const second = { ...first, answerId: createId(), lane: 1 as const }
  model.script({ text: 'One.' })
  await ann.answer(first)
  model.script({ text: 'Two.' })
  await ann.answer(second)
  const { conversationId } = first
  const path = `/api/conversations/${conversationId}/turns`
  expect((await ann.read(conversationId)).turns[0]!.answers.map(({ lane }) => lane)).toEqual([0, 1])

  const next = { conversationId, turnId: createId(), answerId: createId() }
  await ann.ask('PUT', `${path}/${next.turnId}`, { question: 'And then?', parentId: first.answerId })
  await ann.answer(next)
  expect(model.requests.at(-1)!.body).toMatchObject({
    messages: [
      { role: 'user', content: QUESTION },
      { role: 'assistant', content: 'One.' },
      { role: 'user', content: 'And then?' },
    ],
  })
})

test('conversations run at the same time, also two answers of one', async () => {
  const { url, model } = await startServer({ pace: STEADY })
  const ann = await Visitor.arrive(url)
  const a = await ann.begin('Explain Dijkstra')
  const b = await ann.begin('Plan a trip')
  const responses = await Promise.all([ann.start(a), ann.start({ ...a, answerId: createId() }), ann.start(b)])
  const { conversations } = await ann.ask<{ conversations: { id: string; running: number }[] }>(
    'GET',
    '/api/conversations',
  )
  expect(conversations).toMatchObject([
    { id: b.conversationId, running: 1 },
    { id: a.conversationId, running: 2 },
  ])
  const texts = (await Promise.all(responses.map(readEvents))).map(textOf)
  const dijkstra = model.answerFor('Explain Dijkstra')
  expect(texts).toEqual([dijkstra, dijkstra, model.answerFor('Plan a trip')])
})

test('to ask again is to have a branch beside the answer before, and to edit one beside the question', async () => {
  const { url, model } = await startServer()
  const ann = await Visitor.arrive(url)
  model.script({ text: 'One.' }, { text: 'Another.' }, { text: 'Late.' }, { text: 'Edited.' })
  const old = await ann.begin(QUESTION)
  await ann.answer(old)
  const fresh = { ...old, answerId: createId() }
  await ann.answer(fresh)
  const { conversationId } = old
  const put = async (question: string, parentId: string | null) => {
    const asked = { conversationId, turnId: createId(), answerId: createId() }
    await ann.ask('PUT', `/api/conversations/${conversationId}/turns/${asked.turnId}`, { question, parentId })
    await ann.answer(asked)
    return asked
  }
  const later = await put('And then?', old.answerId)
  const edited = await put('Explain A*', null)
  expect((await ann.read(conversationId)).turns).toMatchObject([
    { id: old.turnId, parentId: null, answers: [{ text: 'One.' }, { text: 'Another.' }] },
    { id: later.turnId, parentId: old.answerId, answers: [{ text: 'Late.' }] },
    { id: edited.turnId, parentId: null, answers: [{ text: 'Edited.' }] },
  ])
  // Each goes on from its own branch.
  const said = model.requests.map(({ body }) => (body as { messages: { content: string }[] }).messages)
  expect(said.map((messages) => messages.map(({ content }) => content))).toEqual([
    [QUESTION],
    [QUESTION],
    [QUESTION, 'One.', 'And then?'],
    ['Explain A*'],
  ])
})

test('two tabs that go on from one answer make two branches; what is not there cannot be followed', async () => {
  const { url } = await startServer()
  const ann = await Visitor.arrive(url)
  const { conversationId, turnId } = await ann.begin(QUESTION)
  const path = `/api/conversations/${conversationId}/turns`
  const put = (body: unknown, id = createId()) => ann.request('PUT', `${path}/${id}`, body)
  // A question that has no answer can be followed too.
  expect((await put({ question: 'First', parentId: turnId })).status).toBe(200)
  expect((await put({ question: 'Second', parentId: turnId })).status).toBe(200)
  const foreign = await ann.begin('Another conversation')
  for (const parentId of [createId(), foreign.turnId]) {
    const refused = await put({ question: 'Third', parentId })
    expect(refused.status).toBe(409)
    expect(await refused.json()).toMatchObject({ error_type: 'conflict' })
  }
  // The response to the first request may have been lost on its way.
  expect((await put({ question: QUESTION, parentId: null }, turnId)).status).toBe(200)
  expect((await put({ question: 'Other words', parentId: null }, turnId)).status).toBe(409)
  const { turns } = await ann.read(conversationId)
  expect(turns.map(({ question }) => question)).toEqual([QUESTION, 'First', 'Second'])
})

test('renaming and deleting; what runs in what is deleted is stopped', async () => {
  const { url } = await startServer({ pace: STEADY })
  const ann = await Visitor.arrive(url)
  const asked = await ann.begin(QUESTION)
  const path = `/api/conversations/${asked.conversationId}`
  expect(await ann.ask('PATCH', path, { title: '  Graphs ' })).toMatchObject({ title: 'Graphs' })
  const events = eventsOf(await ann.start(asked))
  await until(events, 'content_chunk')
  expect((await ann.request('DELETE', path)).status).toBe(204)
  await until(events, 'stream_cancelled')
  expect((await ann.request('GET', path)).status).toBe(404)
  expect(await ann.ask('GET', '/api/conversations')).toEqual({ conversations: [] })
})

test('a conversation that has not changed is a 304', async () => {
  const { url } = await startServer()
  const ann = await Visitor.arrive(url)
  const asked = await ann.begin(QUESTION)
  const path = `/api/conversations/${asked.conversationId}`
  const etag = (await ann.request('GET', path)).headers.get('etag')!
  const again = () => ann.request('GET', path, undefined, { 'if-none-match': etag })
  expect((await again()).status).toBe(304)
  await ann.answer(asked)
  expect((await again()).status).toBe(200)
})

test('an answer that failed is stored with its error, and may be asked for again', async () => {
  const { url, model } = await startServer()
  const ann = await Visitor.arrive(url)
  const asked = await ann.begin(QUESTION)
  model.fail('quota')
  await ann.answer(asked)
  expect(await ann.stored(asked)).toMatchObject({
    state: 'failed',
    text: '',
    error: { type: 'quota_exceeded', recoverable: false, retryAfter: null },
  })
  const again = { ...asked, answerId: createId() }
  await ann.answer(again)
  expect(await ann.stored(again)).toMatchObject({ state: 'completed', error: null })
})

test('a stopped answer keeps what it has said', async () => {
  const { url, model } = await startServer({ pace: STEADY })
  const ann = await Visitor.arrive(url)
  const asked = await ann.begin(QUESTION)
  const response = await ann.start(asked)
  const events = eventsOf(response)
  await until(events, 'content_chunk')
  await ann.request('DELETE', `/streams/chat/${response.headers.get('stream-id')}`)
  await until(events, 'stream_cancelled')
  const { state, text } = await ann.stored(asked)
  expect(state).toBe('cancelled')
  expect(text).not.toBe('')
  expect(model.answerFor(QUESTION).startsWith(text)).toBe(true)
})

test('tools are called, what they give goes back to the model, and both are shown and stored', async () => {
  const { url, model } = await startServer()
  const ann = await Visitor.arrive(url)
  const asked = { ...(await ann.begin('What time is it?')), model: 'sluice-tools' }
  const events = await ann.answer(asked)
  const results = events.filter((event) => event.type === 'tool_result')
  expect(results).toMatchObject([
    { index: 0, output: { city: 'Lisbon' }, is_error: false },
    { index: 1, output: { sum: expect.any(Number) }, is_error: false },
  ])
  const { toolCalls, text, finishReason } = await ann.stored(asked)
  expect(toolCalls.map(({ name }) => name)).toEqual(['time_in', 'roll_dice'])
  expect(JSON.parse(toolCalls[0]!.result!)).toMatchObject({ city: 'Lisbon' })
  expect(JSON.parse(toolCalls[1]!.result!).rolls).toHaveLength(42)
  expect(finishReason).toBe('stop')
  expect(text).toBe(textOf(events))
  expect(text).not.toBe('')
  expect(model.requests).toHaveLength(2)
})

test('a model that thinks has its reasoning stored', async () => {
  const { url } = await startServer()
  const ann = await Visitor.arrive(url)
  const asked = { ...(await ann.begin(QUESTION)), model: 'sluice-reasoning' }
  await ann.answer(asked)
  const { reasoning, text, model } = await ann.stored(asked)
  expect(reasoning).not.toBe('')
  expect(text).not.toBe('')
  expect(model).toBe('sluice-reasoning')
})

test.each([
  ['a model that is not offered', { model: 'gpt-1' }, 'invalid_request'],
  ['a question that is not there', { turnId: createId() }, 'not_found'],
  ['a conversation that is not there', { conversationId: createId() }, 'not_found'],
])('%s is an error of the stream', async (_, change, type) => {
  const { url, model } = await startServer()
  const ann = await Visitor.arrive(url)
  const events = await ann.answer({ ...(await ann.begin(QUESTION)), ...change })
  expect(events.at(-1)).toMatchObject({ type: 'stream_error', error_type: type, recoverable: false })
  expect(model.requests).toHaveLength(0)
})

test.each([
  ['PUT', `/api/conversations/short/turns/${createId()}`, { question: 'x', parentId: null }],
  ['PUT', `/api/conversations/${createId()}/turns/${createId()}`, { question: ' ', parentId: null }],
  ['PUT', `/api/conversations/${createId()}/turns/${createId()}`, { question: 'x' }],
  ['PATCH', '/api/lab', { network: { latencyMs: -1 } }],
  ['POST', '/api/guest', { token: 'x' }],
])('%s %s with something wrong is a 400 that says what', async (method, path, body) => {
  const { url } = await startServer()
  const response = await (await Visitor.arrive(url)).request(method, path, body)
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({
    statusCode: 400,
    error_type: 'invalid_request',
    recoverable: false,
  })
})
