import type { StreamEvent } from '@sluice/core'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { conversation, type Message, StreamingError } from '../../src/index.ts'
import { LocalServer, TabStorage } from '../react/local-server.ts'

let server: LocalServer
let storage: TabStorage
const open: (() => void)[] = []
beforeEach(() => {
  server = new LocalServer()
  storage = new TabStorage()
})
afterEach(async () => {
  for (const close of open.splice(0)) close()
  await settled()
  expect(server.open.size).toBe(0)
})

/** Whatever is due has happened. */
const settled = () => new Promise<void>((resolve) => setTimeout(resolve))

type Options = Partial<Parameters<typeof conversation>[2]>

function chatWith(options: Options = {}, client = server.client(storage)) {
  const chat = conversation(client, 'chat', { id: 'trip', ...options } as never)
  open.push(chat.close)
  return chat
}

/** A conversation that has asked, and the generation that answers. */
async function asked(options: Options = {}, text = 'Where do I begin?') {
  const chat = chatWith(options)
  const answer = chat.send(text)
  await settled()
  return { chat, answer, generation: server.last }
}

const brief = (messages: readonly Message<unknown>[]) =>
  messages.map(({ role, text, status }) => [role, text, status])

const toolCall = (chunk_id: number, id: string, args: string, index = 0): StreamEvent => ({
  type: 'tool_call_chunk',
  chunk_id,
  index,
  id,
  name: 'weather',
  arguments: args,
})

describe('messages', () => {
  test('the list: the user’s at once, and the answer as it grows', async () => {
    const chat = chatWith()
    expect(chat.snapshot).toEqual({ messages: [], status: 'ready', error: null })
    const answer = chat.send('Where do I begin?')
    expect(brief(chat.messages)).toEqual([
      ['user', 'Where do I begin?', 'sending'],
      ['assistant', '', 'sending'],
    ])
    await settled()
    expect(brief(chat.messages)).toEqual([
      ['user', 'Where do I begin?', 'done'],
      ['assistant', '', 'thinking'],
    ])
    server.last.say('At the ')
    await settled()
    expect(chat.messages[1]).toMatchObject({ text: 'At the ', status: 'answering', streamId: 'stream-1' })
    expect(chat.status).toBe('answering')
    server.last.say('beginning.')
    server.last.complete()
    expect(await answer).toMatchObject({ text: 'At the beginning.', status: 'done', finishReason: 'stop' })
    expect(chat.status).toBe('ready')
    expect(chat.messages[1]?.parts).toEqual([{ type: 'text', text: 'At the beginning.' }])
  })

  test('one that did not change is the same object, and so is the snapshot', async () => {
    const { chat, generation } = await asked()
    const before = chat.snapshot
    expect(chat.snapshot).toBe(before)
    generation.say('more')
    await settled()
    expect(chat.snapshot).not.toBe(before)
    expect(chat.messages[0]).toBe(before.messages[0])
    expect(chat.messages[1]).not.toBe(before.messages[1])
    generation.complete()
  })

  test('are sent to the server as they are, or as `toInput` makes them', async () => {
    const { generation } = await asked({
      messages: [{ id: 'm', role: 'user', parts: [{ type: 'text', text: 'Hi' }] }],
    })
    expect(generation.input).toMatchObject({
      id: 'trip',
      messages: [
        { id: 'm', role: 'user', parts: [{ type: 'text', text: 'Hi' }] },
        { role: 'user', parts: [{ type: 'text', text: 'Where do I begin?' }] },
      ],
    })
    generation.complete()
    const other = chatWith({
      id: 'other',
      toInput: ({ message }: { message: Message }) => ({ q: message.text }),
    } as never)
    void other.send('why?')
    await settled()
    expect(server.last.input).toEqual({ q: 'why?' })
    server.last.complete()
  })

  test('reasoning, text, tool calls and data are parts, in the order in which they came', async () => {
    const { chat, generation } = await asked()
    generation.append({ type: 'reasoning_chunk', chunk_id: 2, content: 'hm' })
    await settled()
    expect(chat.status).toBe('thinking')
    generation.say('text')
    generation.append(toolCall(4, 'call_1', '{}'))
    generation.append({ type: 'content_chunk', chunk_id: 5, content: 'more' })
    generation.append({ type: 'data_chunk', chunk_id: 6, name: 'source', data: { url: '/a' } })
    generation.complete()
    await settled()
    expect(chat.messages[1]?.parts).toMatchObject([
      { type: 'reasoning', text: 'hm' },
      { type: 'text', text: 'text' },
      { type: 'tool_call', id: 'call_1', name: 'weather', arguments: '{}' },
      { type: 'text', text: 'more' },
      { type: 'data_chunk', name: 'source', data: { url: '/a' } },
    ])
    expect(chat.messages[1]?.text).toBe('textmore')
  })

  test('files: parts as they are, and files of an input field as data URLs', async () => {
    // Node has no FileReader.
    class Reader {
      result = ''
      onload = () => {}
      readAsDataURL(file: File): void {
        void file.text().then((text) => {
          this.result = `data:${file.type};base64,${btoa(text)}`
          this.onload()
        })
      }
    }
    vi.stubGlobal('FileReader', Reader)
    const chat = chatWith()
    const part = { type: 'file', name: 'a.png', mediaType: 'image/png', url: '/a.png' } as const
    void chat.send('Look', { files: [part, new File(['hello'], 'b.txt', { type: 'text/plain' })] })
    expect(chat.messages[0]?.parts).toEqual([part, { type: 'text', text: 'Look' }])
    await vi.waitFor(() => expect(server.generations).toHaveLength(1))
    const parts = [
      part,
      { type: 'file', name: 'b.txt', mediaType: 'text/plain', url: 'data:text/plain;base64,aGVsbG8=' },
      { type: 'text', text: 'Look' },
    ]
    expect(server.last.input).toMatchObject({ messages: [{ parts }] })
    expect(chat.messages[0]?.parts).toEqual(parts)
    server.last.complete()
  })

  test('as JSON they are stored, and loaded by the next page', async () => {
    const { chat, generation } = await asked()
    generation.say('Here.')
    generation.complete()
    await settled()
    const stored = JSON.parse(JSON.stringify(chat.messages))
    const next = chatWith({ load: async () => stored })
    expect(next.status).toBe('loading')
    await vi.waitFor(() => expect(next.status).toBe('ready'))
    expect(next.messages).toEqual(chat.messages)
  })

  test('that cannot be loaded say so, until that is dismissed', async () => {
    const chat = chatWith({ load: () => Promise.reject(new Error('no such conversation')) })
    await vi.waitFor(() => expect(chat.status).toBe('failed'))
    expect(chat.error?.message).toBe('no such conversation')
    chat.dismissError()
    expect(chat.snapshot).toMatchObject({ status: 'ready', error: null })
  })
})

describe('while an answer runs', () => {
  test('another message is refused, by default', async () => {
    const { chat, generation } = await asked()
    await expect(chat.send('And then?')).rejects.toMatchObject({ type: 'conflict' })
    expect(chat.messages).toHaveLength(2)
    generation.complete()
  })

  test('or waits, in order, each after the answer before it', async () => {
    const { chat, generation } = await asked({ whileBusy: 'wait' }, 'one')
    const [two, three] = [chat.send('two'), chat.send('three')]
    expect(brief(chat.messages).slice(2)).toEqual([
      ['user', 'two', 'queued'],
      ['user', 'three', 'queued'],
    ])
    generation.complete()
    await settled()
    server.last.complete()
    await two
    await settled()
    server.last.complete()
    await three
    expect(chat.messages.map(({ role, text }) => text || role)).toEqual([
      'one',
      'assistant',
      'two',
      'assistant',
      'three',
      'assistant',
    ])
    expect(chat.branches(chat.messages[2]!.id)).toHaveLength(1)
  })

  test('or stops it', async () => {
    const { chat, generation } = await asked({ whileBusy: 'interrupt' }, 'one')
    generation.say('so far')
    await settled()
    void chat.send('two')
    await settled()
    expect(generation.ended).toBe(true)
    expect(brief(chat.messages).slice(0, 3)).toEqual([
      ['user', 'one', 'done'],
      ['assistant', 'so far', 'stopped'],
      ['user', 'two', 'done'],
    ])
    server.last.complete()
  })

  test('Stop stops it at the server, and keeps its text', async () => {
    const onFinish = vi.fn()
    const { chat, generation } = await asked({ onFinish })
    generation.say('so far')
    await settled()
    await chat.stop()
    expect(generation.ended).toBe(true)
    expect(chat.messages[1]).toMatchObject({ text: 'so far', status: 'stopped' })
    expect(chat.status).toBe('ready')
    expect(onFinish).toHaveBeenCalledOnce()
  })

  test('a Stop that the server refuses is no unhandled rejection, and the answer goes on', async () => {
    const { chat, generation } = await asked()
    server.refusal = new StreamingError('permission_denied')
    void chat.stop()
    await settled()
    generation.say('on')
    generation.complete()
    await settled()
    expect(chat.messages[1]).toMatchObject({ text: 'on', status: 'done' })
  })
})

describe('once more', () => {
  test('retry answers the same message, as a branch', async () => {
    const { chat, generation } = await asked()
    generation.say('first')
    generation.complete()
    await settled()
    const [user, first] = chat.messages
    const again = chat.retry()
    await settled()
    server.last.say('second')
    server.last.complete()
    const second = await again
    expect(chat.messages).toEqual([user, second])
    expect(chat.branches(second.id).map(({ text }) => text)).toEqual(['first', 'second'])
    chat.showBranch(first!.id)
    expect(chat.messages[1]).toBe(first)
  })

  test('also after a reload', async () => {
    const messages = [
      { id: 'u', role: 'user', parts: [{ type: 'text', text: 'Why?' }] },
      { id: 'a', role: 'assistant', parts: [{ type: 'text', text: 'So.' }] },
    ] as const
    const chat = chatWith({ messages })
    void chat.retry('a')
    await settled()
    expect(server.last.input).toMatchObject({ messages: [{ id: 'u' }] })
    expect(chat.branches('a')).toHaveLength(2)
    server.last.complete()
  })

  test('edit sends another text in its place, and leaves what came after it on its own branch', async () => {
    const { chat, generation } = await asked({}, 'Wher?')
    generation.complete()
    await settled()
    const [user] = chat.messages
    void chat.edit(user!.id, 'Where?')
    await settled()
    expect(server.last.input).toMatchObject({ messages: [{ parts: [{ type: 'text', text: 'Where?' }] }] })
    server.last.complete()
    await settled()
    expect(chat.messages.map(({ text }) => text)).toEqual(['Where?', ''])
    expect(chat.branches(user!.id).map(({ text }) => text)).toEqual(['Wher?', 'Where?'])
    chat.showBranch(user!.id)
    expect(chat.messages[0]).toBe(user)
    expect(chat.messages).toHaveLength(2)
  })

  test('of a message that is not there: a TypeError that names it', () => {
    expect(() => chatWith().edit('none', 'x')).toThrow(/'none'/)
  })
})

describe('tools', () => {
  test('onToolCall runs each call once; its results go back, and the generation goes on when all are there', async () => {
    const onToolCall = vi.fn(async ({ arguments: text }: { arguments: string }) => ({
      sunny: JSON.parse(text).in,
    }))
    const { chat, generation } = await asked({ onToolCall })
    generation.append(toolCall(2, 'call_1', '{"in":"Rome"}'))
    generation.append(toolCall(3, 'call_2', '{"in":"Oslo"}', 1))
    generation.complete()
    await vi.waitFor(() => expect(server.generations).toHaveLength(2))
    expect(onToolCall).toHaveBeenCalledTimes(2)
    expect(server.last.input).toMatchObject({
      messages: [
        { role: 'user' },
        { role: 'assistant' },
        { role: 'tool', parts: [{ type: 'tool_result', callId: 'call_1', output: { sunny: 'Rome' } }] },
        { role: 'tool', parts: [{ callId: 'call_2', output: { sunny: 'Oslo' } }] },
      ],
    })
    server.last.say('Sunny.')
    server.last.complete()
    await settled()
    expect(chat.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool', 'assistant'])
    expect(server.generations).toHaveLength(2)
  })

  test('a call that the server has run itself is not run here', async () => {
    const onToolCall = vi.fn()
    const { chat, generation } = await asked({ onToolCall })
    generation.append(toolCall(2, 'call_1', '{}'))
    generation.append({
      type: 'tool_result',
      chunk_id: 3,
      index: 0,
      id: 'call_1',
      output: 'sunny',
      is_error: false,
    })
    generation.append({ type: 'source', chunk_id: 4, url: '/a', title: 'A' })
    generation.append({ type: 'file', chunk_id: 5, media_type: 'image/png', data: 'AAAA' })
    generation.complete()
    await settled()
    expect(onToolCall).not.toHaveBeenCalled()
    expect(server.generations).toHaveLength(1)
    expect(chat.messages[1]?.parts).toMatchObject([
      { type: 'tool_call', result: { output: 'sunny' } },
      { type: 'source', url: '/a', title: 'A' },
      { type: 'file', mediaType: 'image/png', url: 'data:image/png;base64,AAAA' },
    ])
  })

  test('one that throws has its error for a result', async () => {
    const onToolCall = () => {
      throw new Error('no network')
    }
    const { generation } = await asked({ onToolCall })
    generation.append(toolCall(2, 'call_1', '{}'))
    generation.complete()
    await vi.waitFor(() => expect(server.generations).toHaveLength(2))
    expect(server.last.input).toMatchObject({
      messages: [{}, {}, { parts: [{ output: { error: 'no network' } }] }],
    })
    server.last.complete()
  })

  test('approval: nothing goes on before a person has said so, and as `continueAfter` says', async () => {
    const continueAfter = vi.fn(() => false)
    const { chat, generation } = await asked({ continueAfter })
    generation.append(toolCall(2, 'call_1', '{}'))
    generation.complete()
    await settled()
    expect(server.generations).toHaveLength(1)
    chat.addToolResult('call_1', { approved: false })
    await settled()
    expect(continueAfter).toHaveBeenCalledOnce()
    expect(server.generations).toHaveLength(1)
    expect(chat.messages.at(-1)?.parts).toEqual([
      { type: 'tool_result', callId: 'call_1', output: { approved: false } },
    ])
  })
})

describe('callbacks', () => {
  test('onData comes once for each part, with the message', async () => {
    const onData = vi.fn()
    const { chat, generation } = await asked({ onData })
    generation.append({ type: 'data_chunk', chunk_id: 2, name: 'source', data: 1 })
    await settled()
    generation.append({ type: 'data_chunk', chunk_id: 3, name: 'source', data: 2 })
    generation.complete()
    await settled()
    expect(onData.mock.calls.map(([{ data }, { id }]) => [data, id])).toEqual([
      [1, chat.messages[1]!.id],
      [2, chat.messages[1]!.id],
    ])
  })

  test('onFinish and onError come once, and what they throw disturbs nothing', async () => {
    const reported = vi.spyOn(globalThis, 'queueMicrotask')
    const onError = vi.fn()
    const onFinish = vi.fn()
    const { chat, generation } = await asked({ onError, onFinish })
    generation.fail('api_error')
    await settled()
    expect(onError).toHaveBeenCalledOnce()
    expect(onError.mock.calls[0]?.[1]).toBe(chat.messages[1])
    expect(chat.snapshot).toMatchObject({ status: 'failed', error: { type: 'api_error' } })
    void chat.retry()
    await settled()
    server.last.complete()
    await settled()
    expect(onFinish).toHaveBeenCalledOnce()
    expect(chat.snapshot).toMatchObject({ status: 'ready', error: null })
    expect(chat.messages).toHaveLength(2)
    reported.mockRestore()
  })

  test.each([
    ['api_error', 'retry'],
    ['invalid_request', 'change'],
  ] as const)('a failure says what to do: %s, %s', async (type, remedy) => {
    const { chat, generation } = await asked()
    generation.say('so far')
    generation.fail(type)
    await settled()
    expect(chat.messages[1]).toMatchObject({ status: 'failed', remedy, text: 'so far' })
    chat.dismissError()
    expect(chat.messages[1]).toMatchObject({ status: 'stopped', text: 'so far', error: null })
  })
})

describe('the input', () => {
  test('is validated before it is sent, if the schema is here', async () => {
    const onError = vi.fn()
    const schema = z.object({
      messages: z.array(z.object({ parts: z.array(z.unknown()) })).max(1, 'Too many.'),
    })
    const chat = chatWith({ schema, onError, messages: [{ id: 'm', role: 'user', parts: [] }] } as never)
    const answer = await chat.send('Hello')
    expect(server.requests).toHaveLength(0)
    expect(answer).toMatchObject({ status: 'failed', remedy: 'change' })
    expect(answer.error).toMatchObject({
      type: 'invalid_request',
      message: 'Too many.',
      issues: [{ path: ['messages'] }],
    })
    expect(onError).toHaveBeenCalledOnce()
  })
})

describe('a page that goes', () => {
  test('has its messages again, if the application keeps none', async () => {
    const { chat, generation } = await asked()
    generation.say('one ')
    await settled()
    chat.close()
    await settled()
    const next = chatWith()
    // At once, and as one that runs.
    expect(brief(next.messages)).toEqual([
      ['user', 'Where do I begin?', 'sending'],
      ['assistant', '', 'sending'],
    ])
    generation.say('two')
    await vi.waitFor(() => expect(next.messages[1]).toMatchObject({ text: 'one two', status: 'answering' }))
    expect(next.messages.map(({ id }) => id)).toEqual(chat.messages.map(({ id }) => id))
    generation.complete()
    await vi.waitFor(() => expect(next.status).toBe('ready'))
    next.close()
    const third = chatWith()
    expect(brief(third.messages)).toEqual([
      ['user', 'Where do I begin?', 'done'],
      ['assistant', 'one two', 'done'],
    ])
    await settled()
    expect(third.messages).toHaveLength(2)
    expect(server.generations).toHaveLength(1)
  })

  test('has no messages once the client has been told to forget them', async () => {
    const { chat, generation } = await asked()
    generation.complete()
    await vi.waitFor(() => expect(chat.status).toBe('ready'))
    chat.close()
    server.client(storage).forget(`chat/${chat.id}`)
    expect(chatWith().messages).toEqual([])
  })

  test('has the error of an answer again, with its message and its way out', async () => {
    const { chat, generation } = await asked()
    generation.say('half')
    generation.append({
      type: 'stream_error',
      chunk_id: 3,
      error_type: 'rate_limit',
      message: 'Too many questions.',
      recoverable: true,
    })
    await vi.waitFor(() => expect(chat.status).toBe('failed'))
    chat.close()
    const next = chatWith()
    expect(next.error).toBeInstanceOf(StreamingError)
    expect(next.messages[1]).toMatchObject({
      text: 'half',
      status: 'failed',
      remedy: 'retry',
      error: { type: 'rate_limit', message: 'Too many questions.' },
    })
  })

  test.each(['stored', 'not stored'])('whose answer is lost says so, with a way out: %s', async (is) => {
    const { chat, generation } = await asked()
    generation.say('one ')
    await settled()
    chat.close()
    await settled()
    server.restart()
    if (is === 'not stored') storage.removeItem('sluice:chat/trip')
    const next = chatWith()
    await vi.waitFor(() => expect(next.status).toBe('failed'))
    expect(next.messages[1]).toMatchObject({ error: { type: 'producer_lost' }, remedy: 'retry' })
    const again = next.retry()
    await vi.waitFor(() => expect(server.generations).toHaveLength(1))
    server.last.say('Again.')
    server.last.complete()
    expect(await again).toMatchObject({ text: 'Again.', status: 'done' })
  })

  test('whose messages the application keeps stores none of them', async () => {
    const { generation } = await asked({ messages: [] })
    generation.say('one')
    generation.complete()
    await settled()
    expect(storage.size).toBe(0)
  })

  test('that may store nothing has its messages in memory', async () => {
    const full = {
      getItem: () => {
        throw new Error('forbidden')
      },
      setItem: () => {
        throw new Error('full')
      },
      removeItem: () => {},
    }
    const chat = chatWith({}, server.client(full))
    const answer = chat.send('Hello')
    await settled()
    server.last.say('Hi.')
    server.last.complete()
    await answer
    expect(brief(chat.messages)).toEqual([
      ['user', 'Hello', 'done'],
      ['assistant', 'Hi.', 'done'],
    ])
  })

  test('and comes back finds its answer by the id of the conversation, with its start or its stream', async () => {
    const { chat, generation } = await asked()
    generation.say('one ')
    await settled()
    chat.close()
    await settled()
    expect(server.open.size).toBe(0)
    const messages = JSON.parse(JSON.stringify(chat.messages.slice(0, 1)))
    generation.say('two')
    const next = chatWith({ messages })
    await vi.waitFor(() => expect(next.messages[1]).toMatchObject({ text: 'one two', status: 'answering' }))
    expect(next.messages[1]?.streamId).toBe('stream-1')
    generation.complete()
    await vi.waitFor(() => expect(next.status).toBe('ready'))
    expect(server.generations).toHaveLength(1)
    expect(storage.getItem('sluice:chat/trip')).toBeNull()
  })

  test('and whose messages have the answer as it was goes on with that one', async () => {
    const { chat, generation } = await asked()
    generation.say('one ')
    await settled()
    chat.close()
    const messages = JSON.parse(JSON.stringify(chat.messages))
    generation.say('two')
    generation.complete()
    const next = chatWith({ messages })
    await vi.waitFor(() => expect(next.messages[1]).toMatchObject({ text: 'one two', status: 'done' }))
    expect(next.messages[1]?.id).toBe(chat.messages[1]?.id)
    expect(next.messages).toHaveLength(2)
  })

  test('the same object, opened again, reads on', async () => {
    const { chat, generation } = await asked()
    generation.say('one ')
    await settled()
    chat.close()
    await settled()
    generation.say('two')
    open.push(chat.open())
    await vi.waitFor(() => expect(chat.messages[1]?.text).toBe('one two'))
    generation.complete()
    await vi.waitFor(() => expect(chat.messages[1]?.status).toBe('done'))
    expect(chat.messages).toHaveLength(2)
  })

  test('what the server has forgotten leaves no message', async () => {
    storage.setItem('sluice:chat/trip', '{"name":"chat","streamId":"gone"}')
    const chat = chatWith()
    await settled()
    expect(chat.snapshot).toEqual({ messages: [], status: 'ready', error: null })
  })

  test('another device, which remembers nothing, finds it by the thread', async () => {
    const { generation } = await asked()
    generation.say('one ')
    const elsewhere = chatWith({}, server.client(new TabStorage()))
    await vi.waitFor(() => expect(elsewhere.messages[0]).toMatchObject({ text: 'one ', status: 'answering' }))
    expect(server.generations).toHaveLength(1)
    generation.complete()
    await vi.waitFor(() => expect(elsewhere.status).toBe('ready'))
  })

  test('a message may be sent while it is still looking for what runs', async () => {
    server.hold()
    const chat = chatWith()
    await settled()
    expect(server.requests).toMatchObject([{ kind: 'latest' }])
    expect(chat.status).toBe('ready')
    const answer = chat.send('Hello')
    await settled()
    server.release()
    await settled()
    server.last.say('Hi.')
    server.last.complete()
    expect(await answer).toMatchObject({ text: 'Hi.', status: 'done' })
    expect(chat.messages).toHaveLength(2)
  })

  test('two conversations keep apart', async () => {
    const left = await asked()
    const right = chatWith({ id: 'other' })
    void right.send('b')
    await settled()
    server.last.complete()
    left.generation.complete()
    await settled()
    expect(left.chat.messages[0]?.text).toBe('Where do I begin?')
    expect(right.messages[0]?.text).toBe('b')
  })
})

describe('with a store', () => {
  const question = { id: 'q', role: 'user', parts: [{ type: 'text', text: 'Where?' }] } as const

  test('`toInput` may store the question first, and names the answer', async () => {
    const stored: string[] = []
    const chat = chatWith({
      toInput: async ({ message, answerId }: { message: Message; answerId: string }) => {
        await settled()
        stored.push(message.id)
        return { answerId }
      },
    } as never)
    void chat.send('Where do I begin?')
    expect(chat.status).toBe('sending')
    await vi.waitFor(() => expect(server.generations).toHaveLength(1))
    expect(stored).toEqual([chat.messages[0]!.id])
    expect(server.last.input).toEqual({ answerId: chat.messages[1]!.id })
    server.last.complete()
  })

  test('an answer that the store says runs is followed by its stream’s id', async () => {
    const { generation } = await asked({ id: 'elsewhere' })
    generation.say('At the ')
    const chat = chatWith({
      load: async () => [
        question,
        { id: 'a', role: 'assistant', parts: [], status: 'thinking', streamId: 'stream-1' },
      ],
    } as never)
    await vi.waitFor(() =>
      expect(chat.messages[1]).toMatchObject({ id: 'a', text: 'At the ', status: 'answering' }),
    )
    expect(chat.session?.streamId).toBe('stream-1')
    generation.complete()
    await vi.waitFor(() => expect(chat.status).toBe('ready'))
    expect(chat.session).toBeUndefined()
    expect(chat.messages).toHaveLength(2)
  })

  test.each(['in this page’s storage', 'in the store alone'])(
    'a stream that is %s, and unknown to the server, is lost: what was stored of it stays',
    async (place) => {
      if (place === 'in this page’s storage') {
        storage.setItem('sluice:chat/trip', JSON.stringify({ name: 'chat', streamId: 'stream-9' }))
      }
      const failed: string[] = []
      const chat = chatWith({
        load: async () => [
          question,
          {
            id: 'a',
            role: 'assistant',
            parts: [{ type: 'text', text: 'At the ' }],
            status: 'answering',
            streamId: 'stream-9',
          },
        ],
        onError: ({ type }: StreamingError) => failed.push(type),
      } as never)
      await vi.waitFor(() => expect(chat.status).toBe('failed'))
      expect(chat.messages[1]).toMatchObject({ text: 'At the ', status: 'failed' })
      expect(failed).toHaveLength(1)
      if (place === 'in this page’s storage')
        expect(chat.error).toMatchObject({ type: 'producer_lost', recoverable: true })
    },
  )

  test('`refresh` brings what another tab has added, and follows what runs there', async () => {
    let messages: unknown[] = [
      question,
      { id: 'a', role: 'assistant', parts: [{ type: 'text', text: 'There.' }] },
    ]
    const chat = chatWith({ load: async () => messages } as never)
    await vi.waitFor(() => expect(chat.messages).toHaveLength(2))
    const before = chat.messages
    await chat.refresh()
    expect(chat.messages[0]).toBe(before[0])

    const { generation } = await asked({ id: 'elsewhere' })
    const running = {
      id: 'b',
      role: 'assistant',
      parts: [],
      status: 'thinking',
      streamId: generation.streamId,
    }
    messages = [...messages, { ...question, id: 'p' }, running]
    await chat.refresh()
    expect(chat.messages.map(({ id }) => id)).toEqual(['q', 'a', 'p', 'b'])
    expect(chat.messages[0]).toBe(before[0])
    generation.say('Here.')
    await vi.waitFor(() => expect(chat.messages[3]).toMatchObject({ text: 'Here.' }))
    // The store has less of what runs here.
    await chat.refresh()
    expect(chat.messages[3]).toMatchObject({ text: 'Here.', status: 'answering' })
    generation.complete()
    await vi.waitFor(() => expect(chat.status).toBe('ready'))
  })

  test('a store that is behind takes nothing back from an answer that was seen to end', async () => {
    const { chat, answer, generation } = await asked({ load: async () => messages } as never)
    let messages: unknown[] = []
    generation.say('All of it.')
    generation.complete()
    const { id, streamId } = await answer
    messages = [
      { ...question, id: chat.messages[0]!.id },
      { id, streamId, role: 'assistant', parts: [], status: 'thinking' },
    ]
    await chat.refresh()
    expect(chat.messages[1]).toMatchObject({ text: 'All of it.', status: 'done' })
    expect(chat.status).toBe('ready')
  })

  test('`refresh` shows the path to the newest message, whichever branch was shown', async () => {
    const text = (id: string, parentId: string | null, role = 'assistant') => {
      return { id, parentId, role, parts: [{ type: 'text', text: id }] }
    }
    let messages = [text('q', null, 'user'), text('a', 'q'), text('b', 'q')]
    const chat = chatWith({ load: async () => messages } as never)
    await vi.waitFor(() => expect(chat.messages.map(({ id }) => id)).toEqual(['q', 'b']))
    messages = [...messages, text('next', 'a', 'user')]
    await chat.refresh()
    expect(chat.messages.map(({ id }) => id)).toEqual(['q', 'a', 'next'])
    chat.showBranch('b')
    await chat.refresh()
    expect(chat.messages.map(({ id }) => id)).toEqual(['q', 'b'])
  })

  test('a stream that was found before its message was loaded becomes that message', async () => {
    const { generation } = await asked()
    generation.say('At the ')
    let messages: unknown[] = []
    const chat = chatWith({ load: async () => messages } as never)
    await vi.waitFor(() => expect(chat.messages).toMatchObject([{ role: 'assistant', text: 'At the ' }]))
    messages = [question, { id: 'a', role: 'assistant', parts: [], status: 'thinking', streamId: 'stream-1' }]
    await chat.refresh()
    expect(chat.messages).toMatchObject([{ id: 'q' }, { id: 'a', text: 'At the ', status: 'answering' }])
    generation.say('beginning.')
    generation.complete()
    await vi.waitFor(() => expect(chat.status).toBe('ready'))
    expect(chat.messages).toMatchObject([{ id: 'q' }, { id: 'a', text: 'At the beginning.', status: 'done' }])
  })

  test('another client takes the answer that runs along', async () => {
    const { chat, generation } = await asked()
    generation.say('At the ')
    await vi.waitFor(() => expect(chat.messages[1]?.text).toBe('At the '))
    const before = chat.session
    chat.update(server.client(storage) as never, { id: 'trip' } as never)
    await settled()
    expect(chat.session).not.toBe(before)
    generation.say('beginning.')
    generation.complete()
    await vi.waitFor(() => expect(chat.status).toBe('ready'))
    expect(chat.messages).toMatchObject([{ role: 'user' }, { text: 'At the beginning.', status: 'done' }])
    expect(server.generations).toHaveLength(1)
  })
})
